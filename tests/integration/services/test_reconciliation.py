"""R02: our purchases against the sandbox's orders, entitlements and subscriptions."""

import datetime as dt

import pytest
import sqlalchemy as sa

from app.domain.reconciliation import CaseKind, CaseState
from app.models import (
    Asset,
    Purchase,
)
from app.services.reconciliation import (
    reconcile_customer,
)
from sandbox.catalogue.model import get_catalogue
from tests import factories
from tests.support.buying import (
    new_reservation,
    new_software,
    purchase_of,
    stored,
)
from tests.support.reconciling import bought, buy_by_hand, cases, unguarded

pytestmark = pytest.mark.usefixtures("app_context")


def test_what_agrees_is_a_match_and_opens_nothing(account, plan, customer, driver, settle):
    bought(new_reservation(plan, account), settle)
    bought(new_software(account), settle)

    found = reconcile_customer(driver, customer)

    assert (found.matched, found.differences, found.adopted) == (2, 0, 0)
    assert cases() == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quantity": 7}, "Quantity"),
        ({"params": {"sku_id": "FFFF"}}, "Product ID"),
        ({"params": {"term_duration": "P3Y"}}, "Term"),
        ({"params": {"cost": "1.2345"}}, "Cost"),
        ({"params": {"customer_id": "another"}}, "Customer"),
    ],
    ids=["quantity", "SKU", "term", "price", "customer"],
)
def test_each_difference_is_named_with_both_values(reservation, customer, driver, change, field):
    asset = reservation
    params = {**purchase_of(asset).params, **change.pop("params", {})}
    with unguarded("purchases") as session:
        session.execute(sa.update(Purchase).values(params=params))
        if change:
            session.execute(sa.update(Asset).values(**change))

    reconcile_customer(driver, customer)

    (case,) = cases()
    assert (case.kind, list(case.differs), case.asset_id) == (CaseKind.DIFFERS, [field], asset.id)
    ours, theirs = case.differs[field]
    assert ours != theirs


def test_what_was_bought_by_hand_is_microsofts_alone(customer, driver, sandbox):
    order = buy_by_hand(sandbox, customer, "for the web shop")

    reconcile_customer(driver, customer)
    reconcile_customer(driver, customer)

    (case,) = cases()
    assert (case.kind, case.state, case.order_id) == (
        CaseKind.THEIRS_ONLY,
        CaseState.OPEN,
        order["id"],
    )


def test_what_was_bought_by_hand_and_cancelled_again_is_nobodys_matter(customer, driver, sandbox):
    buy_by_hand(sandbox, customer, "a mistake", status="cancelled", catalog_item_id=software_item())

    reconcile_customer(driver, customer)

    assert cases() == []


def software_item():
    items = get_catalogue().list_items("SoftwareSubscriptions", "commercial")
    return next(item.catalog_item_id for item in items if item.is_purchasable)


def test_an_order_that_microsoft_does_not_know_is_ours_alone(
    account, plan, customer, driver, settle
):
    asset = bought(new_reservation(plan, account), settle)
    with unguarded("purchases") as session:
        session.execute(
            sa.update(Purchase).values(
                order_id="unheard-of",
                own_ref="AST-999999-ZZZZZZZZ",
                created_at=factories.NOW - dt.timedelta(hours=1),
            )
        )
    stored_asset = factories.session.get_one(Asset, asset.id)
    stored_asset.microsoft_ordered_at = factories.NOW - dt.timedelta(hours=1)
    factories.session.commit()

    reconcile_customer(driver, customer)

    assert sorted(case.kind for case in cases()) == [CaseKind.LOST_HERE, CaseKind.OURS_ONLY]


def test_an_order_that_the_list_does_not_show_yet_alarms_nobody(
    account, plan, customer, driver, settle, sandbox
):
    sandbox.change(list_lag_seconds=900)
    asset = bought(new_reservation(plan, account), settle)
    factories.session.execute(
        sa.update(Purchase).values(created_at=factories.NOW - dt.timedelta(hours=1))
    )
    stored(asset).microsoft_ordered_at = factories.NOW - dt.timedelta(hours=1)
    factories.session.commit()

    found = reconcile_customer(driver, customer)

    assert (found.matched, cases()) == (1, [])


def test_a_second_order_with_our_reference_is_a_difference(
    account, plan, customer, driver, settle, sandbox
):
    asset = bought(new_reservation(plan, account), settle)
    buy_by_hand(sandbox, customer, purchase_of(asset).own_ref)

    reconcile_customer(driver, customer)

    (case,) = cases()
    assert (case.kind, list(case.differs)) == (CaseKind.DIFFERS, ["Order ID"])


def test_a_difference_that_goes_away_ends_its_case(account, plan, customer, driver, settle):
    asset = bought(new_reservation(plan, account), settle)
    stored(asset).quantity = 7
    factories.session.commit()
    reconcile_customer(driver, customer)
    stored(asset).quantity = 2
    factories.session.commit()

    reconcile_customer(driver, customer)

    (case,) = cases()
    assert (case.state, case.outcome) == (
        CaseState.RESOLVED,
        "The next comparison did not see it any more.",
    )
