"""What we bought against what Microsoft says was bought, without tables or calls."""

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest

from app.domain.purchase import PurchaseState
from app.domain.reconciliation import CaseKind, Ours, Theirs, reconcile

OURS = Ours(
    purchase_id=UUID(int=1),
    asset_id=UUID(int=2),
    account_id=UUID(int=3),
    name="AST-000001",
    customer_id="tenant-1",
    own_ref="AST-000001-2345WXYZ",
    order_id="order-1",
    state=PurchaseState.SYNCHRONIZED,
    is_active=True,
    is_settled=True,
    product_id="DZH318Z0BQ3Q",
    sku_id="0004",
    quantity=5,
    term_duration="P1Y",
    cost=Decimal("100.0000"),
    cost_currency="EUR",
)
THEIRS = Theirs(
    customer_id="TENANT-1",
    order_id="ORDER-1",
    alternate_id="",
    status="completed",
    ordered_at=None,
    reference=OURS.own_ref,
    product_id="DZH318Z0BQ3Q",
    sku_id="0004",
    quantity=5,
    term_duration="P1Y",
    unit_price=Decimal(100),
    currency="EUR",
    is_cancelled=False,
)


def compared(ours, theirs):
    return reconcile(ours, theirs, "tenant-1")


@pytest.mark.parametrize(
    "spelled",
    [THEIRS, replace(THEIRS, product_id="dzh318z0bq3q"), replace(THEIRS, sku_id="")],
    ids=["as ours", "in another case", "by a bare GUID"],
)
def test_the_same_purchase_matches_however_microsoft_spells_it(spelled):
    found = compared([OURS], [spelled])

    assert (found.matched, found.lost_progress, found.findings) == (1, (), ())


def test_an_order_that_our_row_does_not_know_yet_is_progress():
    unaware = replace(OURS, order_id=None, state=PurchaseState.UNKNOWN)

    found = compared([unaware], [THEIRS])

    assert found.lost_progress == ((unaware, THEIRS),)
    assert (found.matched, found.findings) == (0, ())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"customer_id": "tenant-2"}, "Customer"),
        ({"sku_id": "0005"}, "Product ID"),
        ({"quantity": 6}, "Quantity"),
        ({"term_duration": "P3Y"}, "Term"),
        ({"order_id": "order-2"}, "Order ID"),  # bought twice under one reference
        ({"unit_price": Decimal("100.0001")}, "Cost"),
    ],
)
def test_each_difference_is_named(changes, field):
    (finding,) = compared([OURS], [replace(THEIRS, **changes)]).findings

    assert (finding.kind, list(finding.differs)) == (CaseKind.DIFFERS, [field])
    assert finding.title == f"AST-000001 differs: {field}"


def test_what_was_given_up_and_bought_after_all_differs():
    (finding,) = compared([replace(OURS, state=PurchaseState.ABANDONED)], [THEIRS]).findings

    assert list(finding.differs) == ["Purchase"]


@pytest.mark.parametrize("changes", [{"currency": "USD"}, {"unit_price": None}])
def test_a_price_that_cannot_be_compared_is_no_difference(changes):
    assert compared([OURS], [replace(THEIRS, **changes)]).findings == ()


def test_what_was_cancelled_there_is_left_to_the_refresh():
    found = compared([OURS], [replace(THEIRS, is_cancelled=True, quantity=0)])

    assert (found.matched, found.findings) == (1, ())
    assert compared([], [replace(THEIRS, is_cancelled=True)]).findings == ()


@pytest.mark.parametrize(
    ("reference", "kind"),
    [(OURS.own_ref, CaseKind.LOST_HERE), ("by hand", CaseKind.THEIRS_ONLY)],
)
def test_an_order_that_nothing_of_ours_explains_is_lost_here_or_was_never_ours(reference, kind):
    (finding,) = compared([], [replace(THEIRS, reference=reference)]).findings

    assert (finding.kind, finding.fingerprint) == (kind, f"{kind.value} order-1 ")


@pytest.mark.parametrize(
    ("changes", "is_missed"),
    [
        ({}, True),
        ({"customer_id": "TENANT-1"}, True),
        ({"customer_id": "tenant-2"}, False),  # of another customer: not listed here
        ({"is_settled": False}, False),  # too new to be listed
        ({"is_active": False}, False),
        ({"order_id": None}, False),
    ],
)
def test_an_order_of_ours_that_is_not_listed_is_missed(changes, is_missed):
    findings = compared([replace(OURS, **changes)], []).findings

    assert [finding.kind for finding in findings] == [CaseKind.OURS_ONLY] * is_missed
