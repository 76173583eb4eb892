"""The worked examples of docs/money.md, the same in page, CSV and XLSX; rows add up to the sum."""

import csv
import io
import random
import re
from decimal import Decimal

import pytest

from tests.support.html import page, words
from tests.support.spreadsheet import records

LIST = "/billing/assets/reservations/"
# unit, quantity, discount %, VAT % → unit excl., unit incl., total excl., total incl.
EXAMPLES = {
    "A": ("1200.00 1 0 24", "1200.00 1488.00 1200.00 1488.00"),
    "B": ("1200.00 3 10 24", "1200.00 1488.00 3240.00 4017.60"),
    "C": ("123.45 7 12.5 24", "123.45 153.08 756.13 937.60"),
    "D": ("19.99 150 7.5 19", "19.99 23.79 2773.61 3300.60"),
    "E": ("486.18 2 5 24", "486.18 602.86 923.74 1145.44"),
}
_AMOUNT = re.compile(r"€([\d,]+\.\d\d)")


def amounts(text):
    return [Decimal(found.replace(",", "")) for found in _AMOUNT.findall(text)]


def shown_rows(client, vat):
    """(unit price, total) of each row of the page."""
    table = page(client.get(f"{LIST}?vat={vat}&per_page=100")).select_one("main table")
    rows = [amounts(words(row)) for row in table.select("tbody tr")]
    return [(row[0], row[-1]) for row in rows]


@pytest.mark.parametrize("vat", ["excl", "incl"])
@pytest.mark.parametrize("example", sorted(EXAMPLES))
def test_a_worked_example_is_the_same_on_page_in_csv_and_in_xlsx(
    client, sign_in, world, example, vat
):
    given, expected = (text.split() for text in EXAMPLES[example])
    unit, quantity, discount, rate = given
    is_incl = vat == "incl"
    unit_price, total = Decimal(expected[is_incl]), Decimal(expected[2 + is_incl])
    world.example(
        selling_unit_price=Decimal(unit),
        quantity=int(quantity),
        discount_percent=Decimal(discount),
        vat_rate=Decimal(rate),
    )
    sign_in(world.user_of(world.customer))

    text = client.get(f"{LIST}?vat={vat}&format=csv").get_data().decode("utf-8-sig")
    (as_csv,) = csv.DictReader(io.StringIO(text))
    (as_xlsx,) = records(client.get(f"{LIST}?vat={vat}&format=xlsx").data)

    assert shown_rows(client, vat) == [(unit_price, total)]
    assert Decimal(as_csv[f"Unit Price ({vat}. VAT)"]) == unit_price
    assert Decimal(as_csv[f"Total Amount ({vat}. VAT)"]) == total
    assert Decimal(str(as_xlsx[f"Total Amount (EUR, {vat}. VAT)"])) == total


@pytest.mark.parametrize("seed", range(5))
def test_the_shown_rows_add_up_to_the_shown_sum(client, sign_in, world, seed):
    chance = random.Random(seed)  # noqa: S311  # no secret
    plan = world.example().subscription_id
    for _ in range(20):
        world.example(
            subscription=None,
            subscription_id=plan,
            selling_unit_price=Decimal(chance.randrange(1, 10**6)) / 100,
            quantity=chance.randrange(1, 200),
            discount_percent=Decimal(chance.randrange(1000)) / 10,
            vat_rate=Decimal(chance.choice(["0", "5.5", "19", "24"])),
        )
    sign_in(world.user_of(world.customer))

    for vat in ("excl", "incl"):
        rows = shown_rows(client, vat)
        shown = page(client.get(f"{LIST}?vat={vat}&per_page=100")).select_one(".sums")

        assert len(rows) == 21
        assert amounts(words(shown)) == [sum(total for _, total in rows)]
