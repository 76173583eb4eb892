"""The worked examples of docs/money.md, the same in page, CSV and XLSX; rows add up to the sum."""

import csv
import io
import re
from collections import Counter
from decimal import Decimal
from itertools import chain

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.money import minor_units
from tests.factories import session
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


CURRENCIES = {"EUR": "€", "GBP": "£", "JPY": "¥", "KWD": "KWD"}  # 2, 2, 0 and 3 decimals


@st.composite
def bought_lines(draw):
    """One of a customer's assets, as its columns: frozen prices of any size and currency."""
    currency = draw(st.sampled_from(sorted(CURRENCIES)))
    places = minor_units(currency)
    price = st.decimals(min_value=0, max_value=10**6, places=places)
    return {
        "currency": currency,
        "selling_unit_price": draw(price),
        "buying_unit_price": draw(price),
        "quantity": draw(st.integers(1, 500)),
        "discount_percent": draw(st.decimals(min_value=0, max_value=100, places=2)),
        "vat_rate": draw(st.sampled_from([Decimal(rate) for rate in ("0", "5.5", "19", "24")])),
    }


def shown_by_currency(text):
    """Currency → the last amount of it in the text, for a row or for the foot of a list."""
    found = re.findall(r"(€|£|JP¥|¥|KWD)\s?([\d,]+(?:\.\d+)?)", text)
    codes = {"JP¥": "JPY", **{sign: code for code, sign in CURRENCIES.items()}}
    return {codes[sign]: Decimal(number.replace(",", "")) for sign, number in found}


def added_up(rows):
    """Of (currency, amount): currency → sum."""
    sums = Counter()
    for currency, amount in rows:
        sums[currency] += amount
    return dict(sums)


def totals_of_page(client, vat, words_searched):
    """(what the rows come to, what the foot says), as the page shows both."""
    found = page(client.get(f"{LIST}?vat={vat}&per_page=100{words_searched}"))
    rows = [shown_by_currency(words(row)) for row in found.select("main table tbody tr")]
    foot = [shown_by_currency(words(each)) for each in found.select(".sums span")]
    return added_up(chain(*(row.items() for row in rows))), added_up(
        chain(*(each.items() for each in foot))
    )


def totals_of_files(client, vat, words_searched):
    """What the rows come to in CSV and in XLSX."""
    address = f"{LIST}?vat={vat}{words_searched}"
    text = client.get(f"{address}&format=csv").get_data().decode("utf-8-sig")
    for rows in (
        list(csv.DictReader(io.StringIO(text))),
        records(client.get(f"{address}&format=xlsx").data),
    ):
        head = next(name for name in rows[0] if name.startswith("Total Amount"))
        assert f"{vat}. VAT" in head
        yield added_up((row["Currency"], Decimal(str(row[head]))) for row in rows)


@pytest.mark.parametrize("role", ["customer", "reseller"])
def test_the_shown_rows_add_up_to_the_shown_total(client, sign_in, world, role):
    """Whatever was bought, in whatever currencies, for whoever pays it, page and files alike."""
    sign_in(world.user_of(getattr(world, role)))
    plan = world.example().subscription_id

    @settings(max_examples=8, deadline=None)
    @given(
        st.lists(bought_lines(), min_size=1, max_size=6),
        st.sampled_from(["excl", "incl"]),
        st.sampled_from(["", "&q=reserved"]),  # kept sums, and those of a search
    )
    def adds_up(lines, vat, words_searched):
        forget_assets()
        for line in lines:
            world.example(subscription=None, subscription_id=plan, **line)

        rows, foot = totals_of_page(client, vat, words_searched)

        assert rows == foot
        assert set(rows) == {line["currency"] for line in lines}
        for file in totals_of_files(client, vat, words_searched):
            assert file == foot

    adds_up()


def forget_assets():
    """The examples before, so that each stands for itself."""
    session.execute(sa.text("TRUNCATE assets, asset_totals CASCADE"))
    session.commit()
