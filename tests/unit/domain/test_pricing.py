"""From cost to what is paid: the worked examples, and what must hold for all numbers."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidError
from app.domain.money import round_money
from app.domain.pricing import Adjustment, AdjustmentKind, price_line, unit_prices

MARGIN, MARKUP = AdjustmentKind.MARGIN, AdjustmentKind.MARKUP

unit_amounts = st.decimals(min_value=0, max_value=2_000_000, places=4)
quantities = st.integers(min_value=1, max_value=100_000)
percentages = st.decimals(min_value=0, max_value=100, places=2)
currencies = st.sampled_from(["EUR", "JPY", "KWD"])


def line(unit, quantity, *, discount="0", vat="24", currency="EUR"):
    return price_line(
        Decimal(unit),
        quantity,
        discount_percent=Decimal(discount),
        vat_rate=Decimal(vat),
        currency=currency,
    )


def percent_on(kind, percent):
    return Adjustment(kind, Decimal(percent))


WORKED = [
    # unit, quantity, discount, VAT | original, discount, net, VAT, gross, unit with VAT
    ("1200.00", 1, "0", "24", "1200.00", "0.00", "1200.00", "288.00", "1488.00", "1488.00"),
    ("1200.00", 3, "10", "24", "3600.00", "360.00", "3240.00", "777.60", "4017.60", "1488.00"),
    ("123.45", 7, "12.5", "24", "864.15", "108.02", "756.13", "181.47", "937.60", "153.08"),
    ("19.99", 150, "7.5", "19", "2998.50", "224.89", "2773.61", "526.99", "3300.60", "23.79"),
    ("486.18", 2, "5", "24", "972.36", "48.62", "923.74", "221.70", "1145.44", "602.86"),
]


@pytest.mark.parametrize("example", WORKED, ids="ABCDE")
def test_worked_examples(example):
    unit, quantity, discount, vat, *expected = example

    priced = line(unit, quantity, discount=discount, vat=vat)

    assert [
        priced.original_total,
        priced.discount_amount,
        priced.total.net,
        priced.total.vat,
        priced.total.gross,
        priced.unit_price_shown(with_vat=True),
    ] == [Decimal(amount) for amount in expected]


def test_a_unit_price_without_vat_is_the_frozen_one_in_the_currencys_decimals():
    priced = line("123.4500", 7)

    assert str(priced.unit_price_shown(with_vat=False)) == "123.45"


@pytest.mark.parametrize(
    ("unit", "quantity", "discount", "vat", "wrong"),
    [
        ("123.45", 7, "12.5", "24", "937.62"),
        ("19.99", 150, "7.5", "19", "3300.86"),
        ("486.18", 2, "5", "24", "1145.43"),
    ],
    ids="CDE",
)
def test_the_total_is_not_computed_from_a_rounded_gross_unit_price(
    unit, quantity, discount, vat, wrong
):
    priced = line(unit, quantity, discount=discount, vat=vat)
    shown = priced.unit_price_shown(with_vat=True)
    tempting = shown * quantity * (100 - Decimal(discount)) / 100

    assert round_money(tempting, "EUR") == Decimal(wrong)
    assert priced.total.gross != Decimal(wrong)


def test_the_discount_is_taken_off_the_total_not_off_a_rounded_unit_price():
    assert line("19.99", 150, discount="7.5", vat="19").total.net != Decimal("2773.50")


@pytest.mark.parametrize(
    ("case", "net", "vat"),
    [
        ({"unit": "10.00", "quantity": 3, "discount": "100"}, "0.00", "0.00"),
        ({"unit": "10.00", "quantity": 3, "discount": "0"}, "30.00", "7.20"),
        ({"unit": "10.00", "quantity": 3, "vat": "0"}, "30.00", "0.00"),
        ({"unit": "0.00", "quantity": 3}, "0.00", "0.00"),
        ({"unit": "0.01", "quantity": 1, "discount": "50"}, "0.00", "0.00"),
        ({"unit": "0.03", "quantity": 1, "discount": "50"}, "0.01", "0.00"),
        ({"unit": "333", "quantity": 1, "vat": "10", "currency": "JPY"}, "333", "33"),
        ({"unit": "335", "quantity": 1, "vat": "10", "currency": "JPY"}, "335", "34"),
        ({"unit": "1.005", "quantity": 3, "vat": "5", "currency": "KWD"}, "3.015", "0.151"),
    ],
)
def test_edges_of_discount_vat_and_currency(case, net, vat):
    priced = line(**case)

    assert (str(priced.total.net), str(priced.total.vat)) == (net, vat)


@given(unit_amounts, quantities, percentages, percentages, currencies)
def test_the_numbers_of_a_line_explain_each_other(unit, quantity, discount, vat, currency):
    priced = line(unit, quantity, discount=discount, vat=vat, currency=currency)

    assert priced.original_total - priced.discount_amount == priced.total.net
    assert priced.total.net + priced.total.vat == priced.total.gross
    assert priced.total.net >= 0
    for amount in (priced.original_total, priced.discount_amount, priced.total.vat):
        assert round_money(amount, currency) == amount


@given(unit_amounts, quantities, percentages)
def test_more_of_it_never_costs_less(unit, quantity, discount):
    some = line(unit, quantity, discount=discount)
    more = line(unit, quantity + 1, discount=discount)

    assert more.original_total >= some.original_total
    assert more.total.net >= some.total.net - Decimal("0.01")  # both halves are rounded


@given(unit_amounts, quantities, percentages, percentages)
def test_a_larger_discount_never_costs_more(unit, quantity, one, other):
    smaller, larger = sorted((one, other))

    assert (
        line(unit, quantity, discount=larger).total.net
        <= line(unit, quantity, discount=smaller).total.net
    )


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_quantity_below_one_is_refused_on_its_field(quantity):
    with pytest.raises(InvalidError) as refused:
        line("1.00", quantity)

    assert refused.value.field == "quantity"


@pytest.mark.parametrize("discount", ["-0.01", "100.01"])
def test_a_discount_outside_0_to_100_is_refused_on_its_field(discount):
    with pytest.raises(InvalidError) as refused:
        line("1.00", 1, discount=discount)

    assert refused.value.field == "discount"


@pytest.mark.parametrize(
    ("kind", "percent", "rate", "cost", "price"),
    [
        (MARGIN, "20", "1", "900.00", "1125.00"),
        (MARKUP, "20", "1", "900.00", "1080.00"),
        (MARGIN, "15", "0.90", "1000", "1058.82"),
        (MARKUP, "15", "0.90", "1000", "1035.00"),
        (MARKUP, "10", "1", "112.2273", "123.45"),
        (MARGIN, "0", "1", "100.0050", "100.01"),
        (MARKUP, "-10", "1", "100.00", "90.00"),
    ],
)
def test_cost_is_converted_first_and_then_adjusted(kind, percent, rate, cost, price):
    prices = unit_prices(
        Decimal(cost), "EUR", adjustment=percent_on(kind, percent), rate=Decimal(rate)
    )

    assert prices.buying == Decimal(price)
    assert prices.cost == Decimal(cost)
    assert prices.selling is None


@pytest.mark.parametrize(
    ("markup", "selling"), [("0", "123.45"), ("10", "135.80"), ("-5", "117.28")]
)
def test_the_reseller_sells_at_its_markup_on_the_rounded_buying_price(markup, selling):
    prices = unit_prices(
        Decimal("112.2273"),
        "EUR",
        adjustment=percent_on(MARKUP, "10"),
        selling_markup=Decimal(markup),
    )

    assert prices.selling == Decimal(selling)


@pytest.mark.parametrize(
    ("kind", "percent"),
    [(MARGIN, "100"), (MARGIN, "120"), (MARGIN, "-1"), (MARKUP, "-100"), (MARKUP, "-150")],
)
def test_an_impossible_margin_or_markup_is_refused(kind, percent):
    with pytest.raises(InvalidError) as refused:
        percent_on(kind, percent)

    assert refused.value.field == "percent"


@given(unit_amounts, st.decimals(min_value=0, max_value=99, places=2))
def test_a_margin_asks_at_least_what_the_same_markup_asks(cost, percent):
    margin = unit_prices(cost, "EUR", adjustment=percent_on(MARGIN, percent))
    markup = unit_prices(cost, "EUR", adjustment=percent_on(MARKUP, percent))

    assert margin.buying >= markup.buying >= round_money(cost, "EUR")


@given(unit_amounts, unit_amounts, percentages)
def test_what_costs_more_is_never_sold_for_less(one, other, percent):
    cheaper, dearer = sorted((one, other))
    adjustment = percent_on(MARKUP, percent)

    assert (
        unit_prices(cheaper, "EUR", adjustment=adjustment).buying
        <= unit_prices(dearer, "EUR", adjustment=adjustment).buying
    )
