"""The back office's reconciliation: list, case, note, adoption."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.domain.access import AccountKind, Role
from app.domain.assets import AssetOrigin, ProvisioningSyncStatus
from app.domain.mail import MailKind
from app.domain.reconciliation import CaseKind, CaseState
from app.models import (
    Account,
    Invoice,
    MarketplaceOptions,
    Notice,
    Purchase,
    ReconciliationCase,
    ReconciliationRun,
    Reservation,
)
from sandbox.catalogue.model import get_catalogue
from tests import factories
from tests.factories import (
    NOW,
    AccountFactory,
    PriceListFactory,
    SkuFactory,
    SubscriptionFactory,
    TaxRuleFactory,
    UserFactory,
)
from tests.support.buying import VM
from tests.support.reconciling import ReconciliationCaseFactory

LIST = "/bss/reconciliation/"


@pytest.fixture
def staff(client, sign_in):
    return sign_in(UserFactory(staff=True, name="Eleni"))


def page(case):
    return f"{LIST}{case.id}/"


def stored(case):
    factories.session.expire_all()
    return factories.session.get_one(ReconciliationCase, case.id)


def test_before_the_first_comparison_it_does_not_say_that_all_agrees(staff):
    text = staff.get(LIST).text

    assert "Nothing was compared yet" in text
    assert "Nothing differs" not in text


@pytest.mark.parametrize(
    ("run", "is_sure"),
    [
        ({"finished_at": NOW, "customers": 3}, True),
        ({"finished_at": NOW, "customers": 3, "unread": 1}, False),
        ({"finished_at": None}, False),
    ],
    ids=["all were read", "one could not be read", "under way"],
)
def test_that_nothing_differs_is_said_once_all_customers_were_read(staff, run, is_sure):
    factories.session.add(ReconciliationRun(is_full=True, actor="the daily comparison", **run))
    factories.session.commit()

    text = staff.get(LIST).text

    assert ("Nothing differs" in text) is is_sure
    assert ("No cases" in text) is not is_sure


def test_cases_are_listed_found_and_filtered(staff, at_most):
    ReconciliationCaseFactory(title="Order one")
    ReconciliationCaseFactory(title="Order two", state=CaseState.RESOLVED)

    with at_most(6):
        text = staff.get(LIST).text
    assert "Order one" in text
    assert "Order two" in text
    assert "Order two" not in staff.get(f"{LIST}?state=open").text
    assert "Order one" not in staff.get(f"{LIST}?q=two").text
    assert "not understood" in staff.get(f"{LIST}?state=wrong").text


def test_the_last_run_is_told(staff):
    factories.session.add(
        ReconciliationRun(
            is_full=True, actor="x", started_at=NOW, finished_at=NOW, customers=12, matched=340
        )
    )
    factories.session.commit()

    assert "12 customers, 340 purchases agree" in staff.get(LIST).text


def test_a_run_is_asked_for_once(staff):
    for _ in range(2):
        assert staff.post_form(f"{LIST}run", form_at=LIST).status_code == 303

    assert factories.session.query(ReconciliationRun).count() == 1
    assert "A comparison is under way" in staff.get(LIST).text


def test_a_case_shows_both_values_and_costs_only_to_those_who_may(client, sign_in):
    case = ReconciliationCaseFactory(
        kind=CaseKind.DIFFERS, differs={"Quantity": ["2", "3"], "Cost": ["77.1234", "88.4321"]}
    )
    text = sign_in(UserFactory(staff=True)).get(page(case)).text
    assert "77.1234" in text
    assert "88.4321" in text

    other = sign_in(UserFactory(staff=True, role=Role.STAFF_PROVISIONING))
    text = other.get(page(case)).text
    assert "Quantity" in text
    assert "77.1234" not in text
    assert "88.4321" not in text


def test_somebody_takes_it_over_and_ends_it_with_a_reason(staff):
    case = ReconciliationCaseFactory()
    assert staff.post_form(f"{page(case)}take", form_at=page(case)).status_code == 303
    assert (stored(case).state, stored(case).owner_name) == (CaseState.IN_WORK, "Eleni")

    form = {"version": stored(case).version, "state": "accepted", "note": ""}
    refused = staff.post_form(page(case), form)
    assert refused.status_code == 422
    assert "Say why" in refused.text

    form["note"] = "A trial of theirs"
    assert staff.post_form(page(case), form).status_code == 303
    assert (stored(case).state, stored(case).outcome) == (CaseState.ACCEPTED, "A trial of theirs")
    assert "Take it over" not in staff.get(page(case)).text


def test_a_note_on_an_older_case_is_kept_typed_and_refused(staff):
    case = ReconciliationCaseFactory()

    answer = staff.post_form(page(case), {"version": 99, "state": "open", "note": "typed words"})

    assert answer.status_code == 422
    assert "typed words" in answer.text


@pytest.fixture
def outside(app, sandbox):
    """A reservation that somebody bought in Partner Center, and the case about it."""
    PriceListFactory(is_default=True, percent=Decimal(10))
    TaxRuleFactory()
    account = AccountFactory()
    plan = SubscriptionFactory(account=account)
    sandbox.knows(account, plan)
    item = get_catalogue().find_titled(VM)
    SkuFactory(
        reservation=True,
        product=factories.generic_product(),
        microsoft_product_id=item.product_id,
        microsoft_sku_id=item.sku_id,
        title=VM,
        cost=item.unit_price,
    )
    order = sandbox.seed(
        orders=[
            {
                "customer_id": account.microsoft_tenant_id,
                "reference": "by hand",
                "catalog_item_id": item.catalog_item_id,
                "quantity": 3,
            }
        ]
    )["orders"][0]
    case = ReconciliationCaseFactory(account=account, order_id=order["id"])
    facts = {"order_id": order["id"], "product_id": item.product_id, "sku_id": item.sku_id}
    case.facts = {**case.facts, **facts, "quantity": 3}
    factories.session.commit()
    return case, plan, order


def test_what_was_bought_outside_is_adopted_with_its_ids(staff, outside, settle, sandbox):
    case, plan, order = outside
    before = len(sandbox.ledger())
    assert "Adopt it" in staff.get(page(case)).text

    wrong = staff.post_form(f"{page(case)}adopt", {"plan_id": str(plan.id)}, form_at=page(case))
    assert wrong.status_code == 422
    assert "Enter the price" in wrong.text
    form = {"plan_id": str(plan.id), "buying_unit_price": "1234.50"}
    answer = staff.post_form(f"{page(case)}adopt", form, form_at=page(case))
    settle()

    assert answer.status_code == 303
    (asset,) = factories.session.scalars(sa.select(Reservation))
    assert answer.location.endswith(f"/bss/billing/assets/{asset.id}/")
    assert (asset.origin, asset.quantity) == (AssetOrigin.ADOPTED, 3)
    assert asset.buying_net == Decimal("3703.50")
    assert asset.provisioning_sync_status is ProvisioningSyncStatus.SYNCHRONIZED
    assert asset.reservation_id == order["reservation_id"]
    assert (stored(case).state, stored(case).asset_id) == (CaseState.RESOLVED, asset.id)
    assert len(sandbox.ledger()) == before
    assert "Adopted" in staff.get(answer.location).text


@pytest.mark.parametrize("holds", [False, True])
def test_what_is_adopted_is_invoiced_unless_somebody_did_so_outside(staff, outside, holds):
    case, plan, order = outside
    options = factories.session.get(MarketplaceOptions, 1) or MarketplaceOptions(id=1)
    options.holds_invoices = holds  # Microsoft has sold it already: there is nothing to wait for
    factories.session.add(options)
    factories.session.commit()
    assert 'checked id="is_invoiced"' in staff.get(page(case)).text

    form = {"plan_id": str(plan.id), "buying_unit_price": "1234.50", "is_invoiced": "y"}
    answer = staff.post_form(f"{page(case)}adopt", form, form_at=page(case))

    assert answer.status_code == 303, answer.text
    (invoice,) = factories.session.scalars(sa.select(Invoice))
    assert (invoice.account_id, invoice.order_id) == (case.account_id, None)
    assert (invoice.net, invoice.vat) == (Decimal("3703.50"), Decimal("888.84"))
    assert invoice.order_number == order["id"]
    text = staff.get(answer.location).text
    assert invoice.number in text
    assert "Invoiced" in text
    shown = staff.get(f"/bss/billing/invoices/{invoice.id}/").text
    assert order["id"] in shown
    assert staff.get(f"/bss/billing/invoices/{invoice.id}/pdf").status_code == 200
    factories.session.rollback()
    notice = factories.session.scalars(sa.select(Notice).where(Notice.kind == MailKind.INVOICE))
    assert notice.one().about_id == invoice.id


def test_only_of_a_resellers_customer_the_end_customers_price_is_asked(staff, outside):
    case, plan, _ = outside
    assert 'name="selling_unit_price"' not in staff.get(page(case)).text

    reseller = AccountFactory(reseller_account=True)
    account = factories.session.get_one(Account, case.account_id)
    account.kind, account.reseller_id = AccountKind.END_CUSTOMER, reseller.id
    factories.session.commit()
    assert 'name="selling_unit_price"' in staff.get(page(case)).text
    form = {"plan_id": str(plan.id), "buying_unit_price": "1234.50"}
    answer = staff.post_form(f"{page(case)}adopt", form, form_at=page(case))

    assert answer.status_code == 422
    assert "Enter what the reseller charges" in answer.text


def test_what_was_invoiced_elsewhere_is_adopted_without_an_invoice(staff, outside):
    case, plan, _ = outside

    form = {"plan_id": str(plan.id), "buying_unit_price": "1234.50"}
    staff.post_form(f"{page(case)}adopt", form, form_at=page(case))

    assert factories.session.query(Reservation).count() == 1
    assert factories.session.query(Invoice).count() == 0


def test_an_order_is_adopted_once(staff, outside):
    case, plan, _ = outside
    again = ReconciliationCaseFactory(account=None, account_id=case.account_id, facts=case.facts)
    form = {"plan_id": str(plan.id), "buying_unit_price": "1"}
    assert staff.post_form(f"{page(case)}adopt", form, form_at=page(case)).status_code == 303

    answer = staff.post_form(f"{page(again)}adopt", form, form_at=page(again))

    assert answer.status_code == 422
    assert "belongs to an asset already" in answer.text
    assert factories.session.query(Purchase).count() == 1


def test_a_customer_that_only_microsoft_knows_gets_an_account(staff, outside):
    case, _, _ = outside
    case.account_id = None
    case.customer_id = "11111111-2222-4333-8444-555555555555"
    account = AccountFactory(name="Brand New Ltd", microsoft_tenant_id=None)
    plan = SubscriptionFactory(account=account)
    factories.session.commit()
    assert "Brand New Ltd" in staff.get(page(case)).text

    form = {"account_id": str(account.id), "buying_unit_price": "5"}
    answer = staff.post_form(f"{page(case)}adopt", form, form_at=page(case))

    assert answer.status_code == 422
    assert "Choose an Azure plan of this account" in answer.text
    assert plan.id
