"""The standard objects that sales works with, in the notation of `fields.parse_field`. Names, types and lengths are
those of the vendor's object reference; only what a connector meets is written down."""

from __future__ import annotations

PICKLISTS: dict[str, tuple[str, ...]] = {
    "salutation": ("Mr.", "Ms.", "Mrs.", "Dr.", "Prof.", "Mx."),
    "geocode": tuple(
        "Address NearAddress Block Street ExtendedZip Zip Neighborhood City County State Unknown".split()
    ),
    "source": ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other"),
    "rating": ("Hot", "Warm", "Cold"),
    "leadstatus": (
        "Open - Not Contacted",
        "Working - Contacted",
        "Closed - Converted",
        "Closed - Not Converted",
    ),
    "industry": tuple(
        "Agriculture,Apparel,Banking,Biotechnology,Chemicals,Communications,Construction,Consulting,Education,"
        "Electronics,Energy,Engineering,Entertainment,Environmental,Finance,Food & Beverage,Government,Healthcare,"
        "Hospitality,Insurance,Machinery,Manufacturing,Media,Not For Profit,Recreation,Retail,Shipping,Technology,"
        "Telecommunications,Transportation,Utilities,Other".split(",")
    ),
    "accounttype": ("Prospect", "Customer - Direct", "Customer - Channel", "Technology Partner", "Other"),
    "ownership": ("Public", "Private", "Subsidiary", "Other"),
    "stage": (
        "Prospecting",
        "Qualification",
        "Needs Analysis",
        "Value Proposition",
        "Id. Decision Makers",
        "Perception Analysis",
        "Proposal/Price Quote",
        "Negotiation/Review",
        "Closed Won",
        "Closed Lost",
    ),
    "opportunitytype": (
        "Existing Customer - Upgrade",
        "Existing Customer - Replacement",
        "Existing Customer - Downgrade",
        "New Customer",
    ),
    "forecast": ("Omitted", "Pipeline", "BestCase", "MostLikely", "Forecast", "Closed"),
    "forecastname": ("Omitted", "Pipeline", "Best Case", "Commit", "Closed"),
    "role": (
        "Business User",
        "Decision Maker",
        "Economic Buyer",
        "Economic Decision Maker",
        "Evaluator",
        "Executive Sponsor",
        "Influencer",
        "Technical Buyer",
        "Other",
    ),
    "taskstatus": ("Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred"),
    "priority": ("High", "Normal", "Low"),
    "calltype": ("Internal", "Inbound", "Outbound"),
    "tasksubtype": ("Task", "Email", "ListEmail", "Cadence", "Call"),
    "tasktype": ("Call", "Email", "Meeting", "Other"),
    "showas": ("Busy", "OutOfOffice", "Free"),
    "eventsubtype": ("Event",),
    "memberstatus": ("Sent", "Responded"),
    "campaigntype": ("Webinar", "Conference", "Trade Show", "Email", "Content", "Other"),
    "campaignstatus": ("Planned", "In Progress", "Completed", "Aborted"),
}

_PERSON = """
LastName string(80) req
FirstName string(40)
Salutation picklist(40) pick=salutation
Name string(121) read req label=Full_Name
"""

LEAD = (
    "MasterRecordId reference read to=Lead"
    + _PERSON
    + """
Title string(128)
Company string(255) req
Street textarea(255)
City string(40)
State string(80) label=State/Province
PostalCode string(20) label=Zip/Postal_Code
Country string(80)
Latitude double(18,15)
Longitude double(18,15)
GeocodeAccuracy picklist(40) pick=geocode restricted
Address address read
Phone phone(40)
MobilePhone phone(40)
Fax phone(40)
Email email(80) idlookup
Website url(255)
PhotoUrl url(255) read
Description textarea(32000)
LeadSource picklist(255) pick=source
Status picklist(255) req default pick=leadstatus
Industry picklist(255) pick=industry
Rating picklist(255) pick=rating
AnnualRevenue currency(18,0)
NumberOfEmployees int(8) label=Employees
OwnerId reference req default to=Group,User
HasOptedOutOfEmail boolean
DoNotCall boolean
IsConverted boolean create
ConvertedDate date read
ConvertedAccountId reference read to=Account
ConvertedContactId reference read to=Contact
ConvertedOpportunityId reference read to=Opportunity
IsUnreadByOwner boolean
LastActivityDate date read
LastViewedDate datetime read
LastReferencedDate datetime read
Jigsaw string(20)
CompanyDunsNumber string(9)
EmailBouncedReason string(255) update
EmailBouncedDate datetime update
RecordTypeId reference to=RecordType
"""
)

CONTACT = (
    "MasterRecordId reference read to=Contact\nAccountId reference to=Account"
    + _PERSON
    + """
MailingStreet textarea(255)
MailingCity string(40)
MailingState string(80)
MailingPostalCode string(20)
MailingCountry string(80)
MailingAddress address read
Phone phone(40) label=Business_Phone
Fax phone(40) label=Business_Fax
MobilePhone phone(40)
HomePhone phone(40)
OtherPhone phone(40)
ReportsToId reference to=Contact
Email email(80) idlookup
Title string(128)
Department string(80)
LeadSource picklist(255) pick=source
Birthdate date
Description textarea(32000)
OwnerId reference req default to=User
HasOptedOutOfEmail boolean
DoNotCall boolean
LastActivityDate date read
EmailBouncedReason string(255)
EmailBouncedDate datetime
IsEmailBounced boolean read
PhotoUrl url(255) read
RecordTypeId reference to=RecordType
"""
)

ACCOUNT = """
MasterRecordId reference read to=Account
Name string(255) req label=Account_Name
Type picklist(40) pick=accounttype label=Account_Type
ParentId reference to=Account label=Parent_Account_ID
BillingStreet textarea(255)
BillingCity string(40)
BillingState string(80)
BillingPostalCode string(20)
BillingCountry string(80)
BillingAddress address read
ShippingCity string(40)
ShippingCountry string(80)
Phone phone(40) label=Account_Phone
Fax phone(40)
AccountNumber string(40)
Website url(255)
PhotoUrl url(255) read
Industry picklist(40) pick=industry
AnnualRevenue currency(18,0)
NumberOfEmployees int(8) label=Employees
Ownership picklist(40) pick=ownership
Description textarea(32000)
Rating picklist(40) pick=rating
OwnerId reference req default to=User
AccountSource picklist(40) pick=source
LastActivityDate date read
RecordTypeId reference to=RecordType
"""

OPPORTUNITY = """
AccountId reference to=Account
IsPrivate boolean
Name string(120) req idlookup
Description textarea(32000)
StageName picklist(255) req pick=stage label=Stage
Amount currency(18,2)
Probability percent(3) default
ExpectedRevenue currency(18,2) read label=Expected_Amount
TotalOpportunityQuantity double(18,2) label=Quantity
CloseDate date req
Type picklist(255) pick=opportunitytype
NextStep string(255)
LeadSource picklist(255) pick=source
IsClosed boolean read
IsWon boolean read
ForecastCategory picklist(40) req read pick=forecast restricted
ForecastCategoryName picklist(255) default pick=forecastname restricted
CampaignId reference to=Campaign
OwnerId reference req default to=User
LastActivityDate date read
LastStageChangeDate datetime read
FiscalQuarter int(8) read
FiscalYear int(8) read
ContactId reference create to=Contact
RecordTypeId reference to=RecordType
"""

OPPORTUNITY_CONTACT_ROLE = """
OpportunityId reference req create to=Opportunity
ContactId reference req to=Contact
Role picklist(40) pick=role
IsPrimary boolean
"""

OPPORTUNITY_HISTORY = """
OpportunityId reference read to=Opportunity
StageName picklist(255) read pick=stage
Amount currency(18,2) read
ExpectedRevenue currency(18,2) read
Probability percent(3) read
CloseDate date read
ForecastCategory picklist(40) read pick=forecast
PrevAmount currency(18,2) read
PrevCloseDate date read
"""

FIELD_HISTORY = """
Field picklist(255) read
DataType picklist(40) read
OldValue anyType(765) read
NewValue anyType(765) read
"""

TASK = """
WhoId reference to=Contact,Lead label=Name_ID
WhatId reference to=Account,Campaign,Opportunity label=Related_To_ID
WhoCount int(8) read
WhatCount int(8) read
Subject combobox(255)
ActivityDate date label=Due_Date_Only
Status picklist(255) req default pick=taskstatus
Priority picklist(255) req default pick=priority
IsHighPriority boolean read
OwnerId reference req default to=Group,User label=Assigned_To_ID
Description textarea(32000)
Type picklist(40) pick=tasktype
AccountId reference read to=Account
IsClosed boolean read
IsArchived boolean read
CallDurationInSeconds int(8)
CallType picklist(40) pick=calltype
CallDisposition string(255)
CallObject string(255)
TaskSubtype picklist(40) create pick=tasksubtype restricted
CompletedDateTime datetime read
IsRecurrence boolean create
IsReminderSet boolean
ReminderDateTime datetime
"""

EVENT = """
WhoId reference to=Contact,Lead label=Name_ID
WhatId reference to=Account,Campaign,Opportunity label=Related_To_ID
Subject combobox(255)
Location string(255)
IsAllDayEvent boolean
ActivityDateTime datetime label=Due_Date_Time
ActivityDate date label=Due_Date_Only
DurationInMinutes int(8) label=Duration
StartDateTime datetime
EndDateTime datetime
EndDate date read
Description textarea(32000)
AccountId reference read to=Account
OwnerId reference req default to=Calendar,User label=Assigned_To_ID
IsPrivate boolean
ShowAs picklist(40) default=Busy pick=showas restricted
IsChild boolean read
IsGroupEvent boolean read
IsArchived boolean read
IsRecurrence boolean create
IsReminderSet boolean
ReminderDateTime datetime
EventSubtype picklist(40) create pick=eventsubtype restricted
"""

EMAIL_MESSAGE = """
ActivityId reference create to=Task
RelatedToId reference to=Account,Campaign,Lead,Opportunity
ParentId reference to=Case
Incoming boolean
Status picklist(40)
Subject string(3000)
TextBody textarea(32000)
HtmlBody textarea(131072)
FromAddress email(1000)
FromName string(1000)
ToAddress string(4000)
CcAddress string(4000)
MessageDate datetime
MessageIdentifier string(765)
ThreadIdentifier string(765)
IsTracked boolean
IsOpened boolean read
FirstOpenedDate datetime read
LastOpenedDate datetime read
IsBounced boolean read
"""

CAMPAIGN = """
Name string(80) req
ParentId reference to=Campaign
Type picklist(40) pick=campaigntype
Status picklist(40) pick=campaignstatus
StartDate date
EndDate date
IsActive boolean
Description textarea(32000)
OwnerId reference req default to=User
"""

CAMPAIGN_MEMBER = """
CampaignId reference req create to=Campaign
LeadId reference create to=Lead
ContactId reference create to=Contact
LeadOrContactId reference read to=Contact,Lead
Status picklist(40) default=Sent pick=memberstatus
HasResponded boolean read
FirstRespondedDate date read
Type string(40) read
"""

EMAIL_MESSAGE_RELATION = """
EmailMessageId reference req create to=EmailMessage
RelationId reference create to=Contact,Lead,User
RelationType picklist(40) req create
RelationObjectType picklist(40) read
RelationAddress string(1000) create
"""

CAMPAIGN_MEMBER_STATUS = """
CampaignId reference req create to=Campaign
Label string(765) req
SortOrder int(9)
IsDefault boolean
HasResponded boolean
"""
