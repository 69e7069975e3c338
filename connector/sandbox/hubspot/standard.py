"""The properties every portal is born with, one line each: only what a connector reads.

A line is `name type:fieldType [ro] [unique] [=option,option]`; `ro` marks what HubSpot calculates itself.
"""

from __future__ import annotations

from collections.abc import Mapping

_ANALYTICS_SOURCES = (
    "ORGANIC_SEARCH,PAID_SEARCH,EMAIL_MARKETING,SOCIAL_MEDIA,REFERRALS,OTHER_CAMPAIGNS,DIRECT_TRAFFIC,"
    "OFFLINE,PAID_SOCIAL"
)

LIFECYCLE_STAGES = (
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
)

_LIFECYCLE = f"lifecyclestage enumeration:radio ={','.join(LIFECYCLE_STAGES)}\n" + "\n".join(
    f"hs_lifecyclestage_{stage}_date datetime:date ro" for stage in LIFECYCLE_STAGES
)

_INDUSTRIES = (
    "ACCOUNTING,AUTOMOTIVE,BANKING,CHEMICALS,COMPUTER_SOFTWARE,CONSTRUCTION,CONSUMER_ELECTRONICS,"
    "EDUCATION_MANAGEMENT,ELECTRICAL_ELECTRONIC_MANUFACTURING,FINANCIAL_SERVICES,FOOD_PRODUCTION,"
    "HOSPITAL_HEALTH_CARE,INFORMATION_TECHNOLOGY_AND_SERVICES,INSURANCE,INTERNET,LOGISTICS_AND_SUPPLY_CHAIN,"
    "MACHINERY,MANAGEMENT_CONSULTING,MARKETING_AND_ADVERTISING,MECHANICAL_OR_INDUSTRIAL_ENGINEERING,"
    "PHARMACEUTICALS,REAL_ESTATE,RETAIL,SEMICONDUCTORS,TELECOMMUNICATIONS,TEXTILES,WHOLESALE"
)

_COMMON = """
hs_object_id number:number ro
hubspot_owner_id enumeration:select
hubspot_owner_assigneddate datetime:date ro
hs_merged_object_ids enumeration:checkbox ro
hs_object_source string:text ro
hs_object_source_id string:text ro
hs_object_source_label string:text ro
hs_created_by_user_id number:number ro
hs_updated_by_user_id number:number ro
"""

_SUMMARY = f"""
notes_last_contacted datetime:date ro
notes_last_updated datetime:date ro
notes_next_activity_date datetime:date ro
num_contacted_notes number:number ro
num_notes number:number ro
hs_last_sales_activity_timestamp datetime:date ro
hs_analytics_source enumeration:select ro ={_ANALYTICS_SOURCES}
hs_analytics_source_data_1 string:text ro
hs_analytics_source_data_2 string:text ro
hs_latest_source enumeration:select ro ={_ANALYTICS_SOURCES}
hs_latest_source_data_1 string:text ro
hs_latest_source_data_2 string:text ro
hs_latest_source_timestamp datetime:date ro
hs_analytics_num_page_views number:number ro
hs_analytics_num_visits number:number ro
hs_analytics_first_timestamp datetime:date ro
hs_analytics_last_timestamp datetime:date ro
hs_analytics_first_visit_timestamp datetime:date ro
hs_analytics_last_visit_timestamp datetime:date ro
recent_conversion_event_name string:text ro
recent_conversion_date datetime:date ro
first_conversion_event_name string:text ro
first_conversion_date datetime:date ro
num_conversion_events number:number ro
"""

_LEAD_STATUSES = "NEW,OPEN,IN_PROGRESS,OPEN_DEAL,UNQUALIFIED,ATTEMPTED_TO_CONTACT,CONNECTED,BAD_TIMING"
_BUYING_ROLES = (
    "BLOCKER,BUDGET_HOLDER,CHAMPION,DECISION_MAKER,END_USER,EXECUTIVE_SPONSOR,"
    "INFLUENCER,LEGAL_AND_COMPLIANCE,OTHER"
)
_LEGAL_BASES = (
    "Legitimate interest – prospect/lead,Legitimate interest – existing customer,"
    "Freely given consent from contact,Not applicable"
)

_CONTACTS = f"""
createdate datetime:date ro
lastmodifieddate datetime:date ro
email string:text unique
hs_additional_emails enumeration:checkbox ro
hs_email_domain string:text ro
firstname string:text
lastname string:text
salutation string:text
phone string:phonenumber
mobilephone string:phonenumber
fax string:text
hs_searchable_calculated_phone_number string:text ro
hs_searchable_calculated_mobile_number string:text ro
hs_whatsapp_phone_number string:phonenumber
company string:text
jobtitle string:text
job_function string:text
seniority string:text
hs_role string:text
hs_buying_role enumeration:checkbox ={_BUYING_ROLES}
industry string:text
numemployees enumeration:select =1-5,5-25,25-50,50-100,100-500,500-1000,1000+
annualrevenue string:text
website string:text
address string:text
city string:text
state string:text
zip string:text
country string:text
hs_language string:text
message string:textarea
hs_lead_status enumeration:radio ={_LEAD_STATUSES}
hs_lead_source string:text
hs_persona enumeration:radio
associatedcompanyid number:number ro
hs_calculated_merged_vids string:text ro
hs_legal_basis enumeration:checkbox ={_LEGAL_BASES}
hs_marketable_status enumeration:select ro =true,false
hs_analytics_first_url string:text ro
hs_analytics_last_url string:text ro
hs_analytics_first_referrer string:text ro
hs_analytics_last_referrer string:text ro
hs_analytics_average_page_views number:number ro
num_unique_conversion_events number:number ro
hs_email_delivered number:number ro
hs_email_open number:number ro
hs_email_click number:number ro
hs_email_replied number:number ro
hs_email_bounce number:number ro
hs_email_first_send_date datetime:date ro
hs_email_first_open_date datetime:date ro
hs_email_first_click_date datetime:date ro
hs_email_first_reply_date datetime:date ro
hs_email_last_send_date datetime:date ro
hs_email_last_open_date datetime:date ro
hs_email_last_click_date datetime:date ro
hs_email_last_reply_date datetime:date ro
hs_email_last_email_name string:text ro
hs_email_optout bool:booleancheckbox
hs_email_is_ineligible bool:booleancheckbox ro
hs_email_bad_address bool:booleancheckbox ro
hs_email_hard_bounce_reason_enum enumeration:select ro =BLOCKED,CONTENT,MAILBOX_FULL,OTHER,POLICY,SPAM,UNKNOWN_USER
hs_sales_email_last_replied datetime:date ro
hs_sales_email_last_opened datetime:date ro
hs_sales_email_last_clicked datetime:date ro
hs_latest_meeting_activity datetime:date ro
engagements_last_meeting_booked datetime:date ro
"""

_COMPANIES = f"""
createdate datetime:date ro
hs_lastmodifieddate datetime:date ro
name string:text
domain string:text
website string:text
phone string:phonenumber
industry enumeration:select ={_INDUSTRIES}
annualrevenue number:number
numberofemployees number:number
type enumeration:select =PROSPECT,PARTNER,RESELLER,VENDOR,OTHER
description string:textarea
about_us string:textarea
address string:text
city string:text
state string:text
zip string:text
country string:text
hs_lead_status enumeration:radio ={_LEAD_STATUSES}
hs_parent_company_id number:number ro
num_associated_contacts number:number ro
num_associated_deals number:number ro
"""

_DEALS = """
createdate datetime:date ro
hs_createdate datetime:date ro
hs_lastmodifieddate datetime:date ro
dealname string:text
amount number:number
amount_in_home_currency number:number ro
deal_currency_code string:text
dealstage enumeration:radio
pipeline enumeration:select
closedate datetime:date
dealtype enumeration:radio =newbusiness,existingbusiness
description string:textarea
closed_lost_reason string:textarea
closed_won_reason string:textarea
hs_is_closed bool:booleancheckbox ro
hs_is_closed_won bool:booleancheckbox ro
hs_is_closed_lost bool:booleancheckbox ro
hs_deal_stage_probability number:number ro
hs_v2_date_entered_current_stage datetime:date ro
hs_v2_date_entered_appointmentscheduled datetime:date ro
hs_v2_date_entered_qualifiedtobuy datetime:date ro
hs_v2_date_entered_presentationscheduled datetime:date ro
hs_v2_date_entered_decisionmakerboughtin datetime:date ro
hs_v2_date_entered_contractsent datetime:date ro
hs_v2_date_entered_closedwon datetime:date ro
hs_v2_date_entered_closedlost datetime:date ro
notes_last_contacted datetime:date ro
notes_last_updated datetime:date ro
"""

_DISQUALIFICATIONS = "NOT_A_GOOD_FIT,NO_BUDGET,TIMING_NOT_RIGHT,NOT_INTERESTED,UNRESPONSIVE,DUPLICATE,OTHER"

_LEADS = f"""
hs_createdate datetime:date ro
hs_lastmodifieddate datetime:date ro
hs_lead_name string:text
hs_lead_type enumeration:select =NEW_BUSINESS,RE_ENGAGING,UPSELL
hs_lead_label enumeration:select =HOT,WARM,COLD
hs_pipeline enumeration:select
hs_pipeline_stage enumeration:select
hs_lead_is_open bool:booleancheckbox ro
hs_lead_disqualification_reason enumeration:select ={_DISQUALIFICATIONS}
hs_lead_disqualification_note string:textarea
hs_primary_contact_id number:number ro
hs_primary_company_id number:number ro
hs_v2_date_entered_current_stage datetime:date ro
"""

_ACTIVITY = """
hs_createdate datetime:date ro
hs_lastmodifieddate datetime:date ro
hs_timestamp datetime:date
hs_body_preview string:textarea ro
hs_activity_type string:text
hs_attachment_ids string:text
hs_unique_id string:text
"""

_NOTES = "hs_note_body string:html"

_CALL_STATUSES = (
    "BUSY,CALLING_CRM_USER,CANCELED,COMPLETED,CONNECTING,FAILED,IN_PROGRESS,NO_ANSWER,QUEUED,RINGING"
)

_CALLS = f"""
hs_call_title string:text
hs_call_body string:html
hs_call_direction enumeration:select =INBOUND,OUTBOUND
hs_call_status enumeration:select ={_CALL_STATUSES}
hs_call_duration number:number
hs_call_disposition string:text
hs_call_from_number string:text
hs_call_to_number string:text
hs_call_recording_url string:text
hs_call_source string:text
"""

_EMAILS = """
hs_email_direction enumeration:select =EMAIL,INCOMING_EMAIL,FORWARDED_EMAIL
hs_email_subject string:text
hs_email_text string:textarea
hs_email_html string:html
hs_email_status enumeration:select =BOUNCED,FAILED,SCHEDULED,SENDING,SENT
hs_email_headers string:textarea
hs_email_from_email string:text ro
hs_email_to_email string:text ro
hs_email_cc_email string:text ro
hs_email_bcc_email string:text ro
hs_email_thread_id string:text
hs_email_open_count number:number ro
hs_email_last_open_date datetime:date ro
hs_email_click_count number:number ro
hs_email_last_click_date datetime:date ro
hs_email_reply_count number:number ro
hs_email_last_reply_date datetime:date ro
hs_email_bounce_count number:number ro
hs_not_tracking_opens_or_clicks bool:booleancheckbox ro
hs_sequence_id string:text ro
"""

_MEETINGS = """
hs_meeting_title string:text
hs_meeting_body string:html
hs_internal_meeting_notes string:html
hs_meeting_start_time datetime:date
hs_meeting_end_time datetime:date
hs_meeting_outcome enumeration:select =SCHEDULED,COMPLETED,RESCHEDULED,NO_SHOW,CANCELED,CANCELLED
hs_meeting_location string:text
hs_meeting_external_url string:text
"""

_TASKS = """
hs_task_subject string:text
hs_task_body string:html
hs_task_status enumeration:select =NOT_STARTED,IN_PROGRESS,COMPLETED,DEFERRED,WAITING
hs_task_type enumeration:select =TODO,CALL,EMAIL
hs_task_priority enumeration:select =LOW,MEDIUM,HIGH,NONE
hs_task_completion_date datetime:date ro
"""

_COMMUNICATIONS = """
hs_communication_channel_type enumeration:select =WHATS_APP,LINKEDIN_MESSAGE,SMS
hs_communication_logged_from enumeration:select =CRM
hs_communication_body string:html
"""

LINES: Mapping[str, str] = {
    "contacts": _COMMON + _CONTACTS + _SUMMARY + _LIFECYCLE,
    "companies": _COMMON + _COMPANIES + _SUMMARY + _LIFECYCLE,
    "deals": _COMMON + _DEALS,
    "leads": _COMMON + _LEADS,
    "notes": _COMMON + _ACTIVITY + _NOTES,
    "calls": _COMMON + _ACTIVITY + _CALLS,
    "emails": _COMMON + _ACTIVITY + _EMAILS,
    "meetings": _COMMON + _ACTIVITY + _MEETINGS,
    "tasks": _COMMON + _ACTIVITY + _TASKS,
    "communications": _COMMON + _ACTIVITY + _COMMUNICATIONS,
}
"""Property lines by object type."""

GROUPS: Mapping[str, str] = {
    "contacts": "contactinformation",
    "companies": "companyinformation",
    "deals": "dealinformation",
    "leads": "lead_information",
}
"""The group that an object's own properties belong to; activities use `engagement`."""
