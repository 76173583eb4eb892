"""What pages may cost, whatever is stored: SQL statements, and their weight on the way."""

import gzip
import re
from dataclasses import dataclass

from tests.support.statements import max_queries

KB = 1000
MOST_STATEMENTS, MOST_OF_ABSTRACT = 6, 3
MOST_OF_DOCUMENT, MOST_OF_FRAGMENT = 20 * KB, 15 * KB  # what is left of 100 kB beside the files
# Pages that gather from many places: how many statements that is. A star stands for an id.
GATHERING = {
    "/bss/": 11,
    "/bss/provisioning/": 12,
    "/bss/billing/invoices/*/": 11,
    "/billing/invoices/*/": 10,
}

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


@dataclass(frozen=True, kw_only=True)
class Cost:
    statements: int
    gzipped: int


def addresses_without_ids(app, blueprint):
    """Every address of a face that names no object."""
    return sorted(
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods
        and not rule.arguments
        and rule.endpoint.startswith(f"{blueprint}.")
    )


def cost_of(client, engine, address):
    """None where there is no page: the address leads elsewhere, or answers with something else."""
    with max_queries(engine, 10_000) as sent:
        answer = client.get(address)
    assert answer.status_code < 500, address
    if answer.status_code != 200 or answer.mimetype != "text/html":
        return None
    return Cost(statements=len(sent), gzipped=len(gzip.compress(answer.data, 9)))


def beyond_budget(costs):
    """`costs` by address; what is wrong with each that costs too much."""
    found = []
    for address, cost in costs.items():
        path = address.partition("?")[0]
        most = GATHERING.get(_ID.sub("*", path), MOST_STATEMENTS)
        if cost.statements > most:
            found.append(f"{address}: {cost.statements} statements, {most} allowed")
        if cost.gzipped > MOST_OF_DOCUMENT:
            found.append(f"{address}: {cost.gzipped} bytes, {MOST_OF_DOCUMENT} allowed")
    return found
