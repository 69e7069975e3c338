"""Makes a history for `baton value estimate` of the two tables of the public Olist marketing funnel.

    python docs/examples/olist/history.py LEADS.csv DEALS.csv > history.csv

A row is a lead in one cell: origin as persona, landing page as stage. What else the deals tell is known of won leads only,
and would let the outcome speak of itself; none of it is used. The tables know no prices: 1,000 BRL stand for every deal.
"""

import csv
import sys

COLUMNS = ("lead_id", "account_id", "persona", "stage", "entered_at", "won_at", "lost_at", "amount", "currency")


def main(leads: str, deals: str) -> None:
    with open(deals, encoding="utf-8", newline="") as file:
        won = {row["mql_id"]: row["won_date"] for row in csv.DictReader(file)}
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(COLUMNS)
    with open(leads, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            at = won.get(row["mql_id"], "")
            cell = (row["origin"], row["landing_page_id"])
            out.writerow((row["mql_id"], "", *cell, row["first_contact_date"], at, "", *(("1000", "BRL") if at else ("", ""))))


if __name__ == "__main__":
    main(*sys.argv[1:])
