"""The JSON Schema of a section, for editors that check and complete YAML while somebody types: the shape that Baton checks,
with what every key means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.sync.sections import SECTIONS

DIALECT = "https://json-schema.org/draft/2020-12/schema"

MEANINGS: Mapping[str, str] = {
    # every document
    "format": "Version of the document's form: 1.",
    "id": "Lower case letters, digits, hyphen and underscore. Stands in decisions and history: do not rename lightly.",
    "label": "What people see, by language; `en` is needed, `zh_CN` stands beside it.",
    "kinds": "The activity kinds that are looked at.",
    "when": "The condition; nest `all`, `any` and `not` as deep as you like.",
    "all": "Every one of these holds.",
    "any": "At least one of these holds.",
    "not": "This does not hold.",
    "equals": "The value is this. Case, width and outer spaces do not matter.",
    "in": "The value is one of these.",
    "contains": "One of these stands in the value.",
    "at_least": "The number is this or more; for account.revenue by currency: {CNY: 50000000}.",
    "below": "The number is less than this; for account.revenue by currency.",
    "present": "true: somebody knows the value. false: nobody does.",
    # matrix
    "rows": "The personas, tried from top to bottom: the first whose condition holds wins.",
    "group": "An id by which other documents speak of several rows at once, such as `enterprise`.",
    "windows": "Days for which evidence counts, by column.",
    "stages": "The columns in order; marketing's come first and form the matrix.",
    "by_hand": "No signal need speak for the column: people set it.",
    "owner": "Whose column it is. Sales' columns are not placed by evidence.",
    "bands": "Numbers cut into named parts, for rows to ask about.",
    "names": "The parts from small to large; between two names stands one limit.",
    "facts": "The numbers asked one after the other; the first that is known decides, a later one is a fallback.",
    "fact": "person.<field>, account.<field>, person.properties.<name> or account.properties.<name>.",
    "limits": "Ascending; a limit belongs to the part above it. For account.revenue by currency, in whole units a year.",
    "fallback": "Asked in its place where the fact is absent; the lead says that it was.",
    "band": "A declared band.",
    "is": "One of the band's names.",
    "cells": "By <row>/<column>.",
    "minimum_role": "The least role for a hand-off: student, unknown, user, influencer, decision-maker.",
    "tolerance": "How far beyond a limit, or how long on the new side, before a lead changes its row.",
    "percent": "A persona changes once its number lies that far beyond the limit...",
    "ToleranceConfig.days": "...or has stood on the new side for so many days.",
    "titles": "Roles from titles, tried from top to bottom.",
    "TitleRule.role": "The role that such a title speaks of.",
    "TitleRule.words": "The title has one of these: English whole words, Chinese anywhere; `*` any ending, `...` a gap.",
    "unless": "And none of these.",
    "rates": "Dated exchange rates, only to place accounts whose revenue is in a currency without limits of its own.",
    "base": "The currency that rates lead to.",
    "entries": "One line per currency and day from which a rate holds.",
    "currency": "Three letters, such as CNY.",
    "since": "The first day of the rate.",
    "rate": "Units of the base currency for one unit.",
    # signals
    "phrases": "Lists of wording, used as @name in conditions and in other lists.",
    "SignalsConfig.signals": "What an activity must be or say to be evidence for a column.",
    "guards": "Whose activities are no buyer's, whatever words they use.",
    "needs": "How much evidence a column asks for in a row, where that is not one strong or two supporting signals.",
    "alerts": "Signals that together call for people at once.",
    "strength": "strong: one suffices. supporting: two different signals are needed. negative: cancels older evidence.",
    "by_row": "Other strengths by row or group.",
    "stage": "An id of a column.",
    "row": "A row or group.",
    "strong": "So many different strong signals suffice.",
    "supporting": "So many signals of either strength suffice.",
    "AlertConfig.rows": "Rows or groups in which it holds.",
    "AlertConfig.signals": "All of these must be there.",
    "AlertConfig.days": "Within so many days.",
    "text": "The customer's own words, without the quoted thread; refused phrases were not said.",
    "title": "What the thing is called: subject, form, page, asset.",
    "url": "One of these stands in the address.",
    "property": "A property of the activity.",
    "direction": "`in`: the customer spoke. `out`: our side did.",
    "signal": "The activity gives this signal too, whatever guards say.",
    "guard": "This guard holds for the activity.",
    "any_of": "At least one of these phrases or @lists.",
    "all_of": "Each of these.",
    "none_of": "None of these.",
    # playbook
    "PlaybookConfig.cells": "Plays by <row or group>/<column>.",
    "PlaybookConfig.stages": "Plays by column, for rows without their own.",
    "website": "The call to action on the website, by language.",
    "offline": "The action offline, by language.",
    "talk": "What sales talks about, by language.",
    # policies
    "time_zone": "Days and dates that people give are days of this zone, such as Asia/Shanghai.",
    "working_time": "Working hours and holidays, in which deadlines are counted.",
    "qualification": "What makes a lead sales qualified.",
    "handoff": "When a lead passes to sales.",
    "default_mode": "For cells without a mode of their own.",
    "HandOffPolicy.points": "By row or group: the first column whose leads pass to sales.",
    "modes": "By <row or group>/<column>: automatic, on_click, suggest or never.",
    "HandOffPoint.stage": "The first column whose leads pass to sales.",
    "HandOffPoint.points": "Inside that column: so much evidence (strong counts 2, supporting 1).",
    "HandOffPoint.signals": "Inside that column: one of these signals.",
    "next_stage": "Inside that column: one piece of evidence of this further column.",
    "gate": "What must be known and true before a hand-off.",
    "required": "Fields that must be filled; of a list inside the list one is enough.",
    "consent": "not_refused, or given: consent must be on record.",
    "competitor_domains": "Mail and company domains of competitors.",
    "competitor_kinds": "Kinds of account that are competitors.",
    "customer_kinds": "Kinds of account that are customers: a new purchase needs evidence of its own.",
    "partner_kinds": "Kinds of account that are partners.",
    "partner": "end_customer: the partner's customer is the lead. allow: the partner itself may be one.",
    "reasons": "What sales may reject a lead with.",
    "cooldown_days": "Whole days of rest from the rejection; 0: none.",
    "outcome": "What becomes of the lead.",
    "scope": "account: colleagues rest too. person: only the rejected one.",
    "rep_date_wins": "The date that the rep gave ends the rest.",
    "hint": "What the SDR should look for.",
    "demands": "What a second try needs.",
    "Reason.words": "Other spellings that a picklist in the CRM may use.",
    "recycling": "What a rejection entails beyond its reason.",
    "max_rejections": "After so many in one buying cycle the lead is disqualified.",
    "ask_manager_over_per_hour": "More rejections an hour ask the manager first.",
    "on_violation": "What to do about a CRM record set back to work during its rest: flag or revert.",
    "two_way_when_inbound": "Kinds that count as a conversation when the customer spoke.",
    "held": "Outcomes of calls and meetings that say they took place.",
    "cycle": "When the next buying cycle of an account may open.",
    "after_won_days": "After a purchase was won.",
    "after_lost_days": "After it was lost.",
    "silence_days": "After so long without a word.",
    "sla": "Deadlines, in working time.",
    "routing": "Who gets what has no owner.",
    "pools": "By row or cell: a group of reps or a queue of the CRM.",
    "Pool.group": "A group of reps.",
    "queue": "A queue's id in the CRM.",
    "capacity": "New leads a day for reps without a number of their own.",
    "manager_id": "Who gets what nobody else can take.",
    "status_words": "What a CRM status says where the field mapping does not translate it.",
    "records_since": "What reps created before is no bypass.",
    # value
    "reporting_currency": "The currency of all figures.",
    "horizon_days": "By row: how many days a unit has to be won, for it to count.",
    "default_horizon_days": "For rows without their own.",
    "assumed_rates": "By column, or by <row>/<column>: 0.05 or 3/50, until the cell is measured.",
    "assumed_prices": "By row: the first year before VAT, until it is measured.",
    "minimum_matured": "Units observed long enough before a measured figure replaces the assumed one.",
    "minimum_wins": "Wins before it does.",
    "few_units": "Below this a figure is flagged.",
    "kappa_max": "How strongly a small cell may lean on its row and column.",
    "shrink": "Whether small cells lean on their row and column at all.",
    "interval_percent": "Width of the intervals.",
    "recording_start": "By connection: the first day from which wins are recorded.",
    "publish": "Who publishes a draft: a person (on_demand), or the first night of a month or quarter.",
    "publish_over_percent": "A cell's value is published when it moved by more than that.",
    "budget_rates": "Exchange rates to the reporting currency, by first day.",
}
"""What a key means: by its name, or by `Shape.name` where the name alone would mislead."""


def schema_of(section: str) -> dict[str, Any]:
    """The JSON Schema of a section's document. Raises KeyError for a section that there is not."""
    model = SECTIONS[section].model
    schema = model.model_json_schema(by_alias=True)
    for name, shape in {model.__name__: schema, **schema.get("$defs", {})}.items():
        for key, described in shape.get("properties", {}).items():
            meaning = MEANINGS.get(f"{name}.{key}") or MEANINGS.get(key)
            if meaning:
                described["description"] = meaning
    head = {"$schema": DIALECT, "title": f"Baton: {section}", "description": schema.get("description", "")}
    return {**head, **{key: part for key, part in schema.items() if key not in head}}
