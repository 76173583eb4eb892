"""Numbers of invoices and credit notes: pieces add up to the whole, to the cent."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidError
from app.domain.invoices import (
    InvoiceKind,
    RateTotal,
    closing_totals,
    credited_amounts,
    document_number,
    invoiced_amounts,
    read_document_number,
    totals_by_rate,
)
from app.domain.money import round_money
from app.domain.pricing import price_line

RATES = [Decimal(rate) for rate in ("0", "6", "7.7", "13", "19", "24", "25.5")]


def line(unit_price, quantity, discount="0", rate="24", currency="EUR"):
    return invoiced_amounts(
        price_line(
            round_money(Decimal(unit_price), currency),
            quantity,
            discount_percent=Decimal(discount),
            vat_rate=Decimal(rate),
            currency=currency,
        )
    )


@st.composite
def lines(draw, currency="EUR", most=400):
    cents = draw(st.integers(1, 50_000_000))
    return line(
        Decimal(cents) / 100,
        draw(st.integers(1, most)),
        Decimal(draw(st.integers(0, 10_000))) / 100,
        draw(st.sampled_from(RATES)),
        currency,
    )


@pytest.mark.parametrize(
    ("sold", "numbers"),
    [
        (("1200.00", 1, "0", "24"), ("1200.00", "0.00", "1200.00")),
        (("1200.00", 3, "10", "24"), ("3600.00", "360.00", "3240.00")),
        (("123.45", 7, "12.5", "24"), ("864.15", "108.02", "756.13")),
        (("19.99", 150, "7.5", "19"), ("2998.50", "224.89", "2773.61")),
        (("486.18", 2, "5", "24"), ("972.36", "48.62", "923.74")),
    ],
)
def test_the_worked_lines(sold, numbers):
    amounts = line(*sold)

    found = (amounts.original_total, amounts.discount_amount, amounts.net)
    assert found == tuple(map(Decimal, numbers))


def test_vat_is_that_of_the_sum_and_not_the_sum_of_the_lines():
    three = [line("33.35", 1, rate="19")] * 3

    [total] = totals_by_rate(three)

    assert (total.net, total.vat) == (Decimal("100.05"), Decimal("19.01"))
    assert sum(each.vat for each in three) == Decimal("19.02")


def test_each_rate_has_a_total_of_its_own():
    totals = totals_by_rate([line("10.00", 1), line("20.00", 1, rate="0"), line("30.00", 1)])

    assert [(total.rate, total.net, total.vat) for total in totals] == [
        (0, Decimal("20.00"), Decimal("0.00")),
        (24, Decimal("40.00"), Decimal("9.60")),
    ]


@given(lines(), st.data())
def test_a_line_given_back_in_pieces_is_given_back_to_the_cent(invoiced, data):
    already, pieces = 0, []
    while already < invoiced.quantity:
        quantity = data.draw(st.integers(1, invoiced.quantity - already))
        pieces.append(credited_amounts(invoiced, already=already, quantity=quantity))
        already += quantity

    assert sum(piece.quantity for piece in pieces) == invoiced.quantity
    for name in ("original_total", "discount_amount", "net"):
        assert sum(getattr(piece, name) for piece in pieces) == getattr(invoiced, name)
    for piece in pieces:
        assert piece.original_total == piece.unit_price * piece.quantity
        assert piece.net == piece.original_total - piece.discount_amount
        assert piece.net >= 0


@given(st.lists(lines(), min_size=1, max_size=6), st.data())
def test_credit_notes_together_take_back_the_vat_that_was_charged(invoiced, data):
    """Each credit note rounds by itself; the one that gives back the last takes what is left."""
    charged = totals_by_rate(invoiced)
    order = data.draw(st.permutations(range(len(invoiced))))
    credited: dict[Decimal, RateTotal] = {}
    for position in order:
        back = credited_amounts(invoiced[position], already=0, quantity=invoiced[position].quantity)
        for total in closing_totals(totals_by_rate([back]), charged, list(credited.values())):
            before = credited.get(total.rate, RateTotal(rate=total.rate, net=0, vat=0))
            credited[total.rate] = RateTotal(
                rate=total.rate, net=before.net + total.net, vat=before.vat + total.vat
            )

    assert sorted(credited.values(), key=lambda total: total.rate) == charged


@pytest.mark.parametrize("quantity", [0, -1, 4])
def test_more_than_is_left_is_not_given_back(quantity):
    with pytest.raises(InvalidError):
        credited_amounts(line("10.00", 5), already=2, quantity=quantity)


@pytest.mark.parametrize(("currency", "net"), [("JPY", "999"), ("KWD", "999.999")])
def test_other_currencies_keep_their_own_decimals(currency, net):
    assert line("333.333", 3, currency=currency).net == Decimal(net)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("INV-2026-000057", ("INV-2026", 57)),
        (" crn-2026-000000 ", ("CRN-2026", 0)),
        ("INV-2026-1234567", ("INV-2026", 1234567)),
    ],
)
def test_the_number_of_a_document_is_read_as_people_write_it(text, read):
    assert read_document_number(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "",
        "INV-2026-57",
        "ORD-2026-000057",
        "INV-26-000057",
        "57",
        "INV-2026-\u0660\u0660\u0660\u0660\u0665\u0667",
    ],
)
def test_what_is_no_number_of_a_document_is_refused(text):
    with pytest.raises(InvalidError, match="is no number of an invoice"):
        read_document_number(text)


def test_a_document_counts_by_its_kind_and_the_year_of_its_day():
    day = dt.date(2026, 12, 31)

    assert document_number(InvoiceKind.INVOICE.series(day), 57) == "INV-2026-000057"
    assert document_number(InvoiceKind.CREDIT_NOTE.series(day), 1) == "CRN-2026-000001"
    assert (InvoiceKind.INVOICE.sign, InvoiceKind.CREDIT_NOTE.sign) == (1, -1)
