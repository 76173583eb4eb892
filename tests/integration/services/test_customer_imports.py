"""Customers of Partner Center: read whole, compared, applied once, and never over what is ours."""

from uuid import uuid4

import pytest
import sqlalchemy as sa

from app.domain.access import AccountKind
from app.domain.assets import SubscriptionStatus
from app.domain.customer_import import ImportChange, ImportState
from app.domain.errors import ConflictError, InvalidError
from app.models import Account, AuditEntry, CustomerImport, Subscription
from app.services.buying import reason_not_to_order
from app.services.customer_imports import (
    apply_import,
    import_when_asked,
    latest_import,
    request_import,
)
from tests import factories
from tests.factories import AccountFactory, SubscriptionFactory, viewer_of
from tests.support.back_office import staff

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture
def admin(app):
    return viewer_of(staff())


@pytest.fixture
def driver(app, sandbox):
    return app.extensions["purchase_driver"]


@pytest.fixture
def at_microsoft(sandbox):
    """A customer at Partner Center that is nobody's account yet."""

    def make(company="Delphi Wines", *, agreement=True, status="active"):
        customer_id, plan_id = str(uuid4()), str(uuid4())
        sandbox.seed(
            customers=[
                {
                    "id": customer_id,
                    "company": company,
                    "domain": f"{customer_id[:8]}.onmicrosoft.example",
                    "country": "CY",
                    "agreement": agreement,
                }
            ],
            plans=[
                {"id": plan_id, "customer_id": customer_id, "name": "Azure plan", "status": status}
            ],
        )
        return customer_id, plan_id

    return make


def read(admin, driver):
    request_import(admin)
    assert import_when_asked(driver) is True
    return latest_import(admin)


def difference(found, customer_id):
    return next((each for each in found.differences if each.customer_id == customer_id), None)


def account_of(customer_id):
    factories.session.rollback()
    query = sa.select(Account).where(Account.microsoft_tenant_id == customer_id)
    return factories.session.scalars(query).one_or_none()


def plans_of(account):
    query = sa.select(Subscription).where(Subscription.account_id == account.id)
    return factories.session.scalars(query.execution_options(populate_existing=True)).all()


def test_reading_stores_nothing_but_the_reading(admin, driver, at_microsoft):
    customer_id, _plan = at_microsoft()

    found = read(admin, driver)

    assert found.state is ImportState.READY
    assert found.done == found.total == found.customers
    assert difference(found, customer_id).kind is ImportChange.NEW
    assert account_of(customer_id) is None


def test_a_new_customer_becomes_an_account_with_its_azure_plan(admin, driver, at_microsoft):
    customer_id, plan_id = at_microsoft("Delphi Wines")

    apply_import(admin, read(admin, driver).id)

    account = account_of(customer_id)
    assert (account.name, account.country, account.kind) == (
        "Delphi Wines",
        "CY",
        AccountKind.DIRECT_CUSTOMER,
    )
    assert account.has_microsoft_agreement is True
    assert account.microsoft_agreed_on is not None
    (plan,) = plans_of(account)
    assert (plan.microsoft_subscription_id, plan.status) == (plan_id, SubscriptionStatus.ACTIVE)
    assert reason_not_to_order(account) is None
    events = factories.session.scalars(sa.select(AuditEntry.event)).all()
    assert events == ["microsoft.import_asked", "microsoft.import_applied"]


def test_applied_and_read_again_nothing_differs(admin, driver, at_microsoft):
    at_microsoft()
    first = read(admin, driver)
    apply_import(admin, first.id)
    before = factories.session.scalars(sa.select(sa.func.count()).select_from(Account)).one()

    assert apply_import(admin, first.id) == 0
    again = read(admin, driver)

    assert again.count == 0
    assert apply_import(admin, again.id) == 0
    factories.session.rollback()
    after = factories.session.scalars(sa.select(sa.func.count()).select_from(Account)).one()
    assert after == before


def test_what_staff_keep_is_shown_and_never_overwritten(admin, driver, at_microsoft):
    customer_id, _plan = at_microsoft("Name at Microsoft")
    AccountFactory(
        name="Our name", country="GR", microsoft_tenant_id=customer_id.upper(), currency="USD"
    )

    found = read(admin, driver)
    apply_import(admin, found.id)

    fields = {field.name: field for field in difference(found, customer_id).fields}
    assert fields["Name"].is_ours
    assert not fields["Customer Agreement"].is_ours
    account = account_of(customer_id.upper())
    assert (account.name, account.country, account.currency) == ("Our name", "GR", "USD")
    assert account.has_microsoft_agreement is True
    assert account.microsoft_domain.startswith(customer_id[:8])


def test_a_plan_follows_its_status_and_a_missing_one_is_cancelled(admin, driver, at_microsoft):
    customer_id, plan_id = at_microsoft(status="suspended")
    account = AccountFactory(microsoft_tenant_id=customer_id)
    SubscriptionFactory(account=account, name="Ours", microsoft_subscription_id=plan_id.upper())
    SubscriptionFactory(account=account, name="Lost")

    apply_import(admin, read(admin, driver).id)

    statuses = {plan.name: plan.status for plan in plans_of(account)}
    assert statuses == {
        "Ours": SubscriptionStatus.SUSPENDED,
        "Lost": SubscriptionStatus.CANCELLED,
    }


def test_without_the_customer_agreement_no_order_begins(admin, driver, at_microsoft):
    customer_id, _plan = at_microsoft("Delphi Wines", agreement=False)

    apply_import(admin, read(admin, driver).id)

    account = account_of(customer_id)
    assert account.has_microsoft_agreement is False
    assert "has not accepted the Microsoft Customer Agreement" in reason_not_to_order(account)


def test_who_was_never_read_may_order(app):
    account = AccountFactory()

    assert account.has_microsoft_agreement is None
    assert reason_not_to_order(account) is None


def test_whom_partner_center_no_longer_lists_is_kept_and_may_not_order(admin, driver):
    account = AccountFactory(microsoft_tenant_id=str(uuid4()))

    found = read(admin, driver)
    apply_import(admin, found.id)

    assert difference(found, account.microsoft_tenant_id).kind is ImportChange.GONE
    kept = account_of(account.microsoft_tenant_id)
    assert kept.microsoft_gone_at is not None
    assert "no longer lists" in reason_not_to_order(kept)


@pytest.mark.parametrize("route", ["customers", "agreements", "subscriptions"])
def test_half_a_reading_is_none(admin, driver, sandbox, at_microsoft, route):
    """Otherwise the other half would be gone."""
    customer_id, _plan = at_microsoft()
    sandbox.fault(route, "status:500", times=1)

    found = read(admin, driver)

    assert found.state is ImportState.FAILED
    assert found.error
    assert found.differences == ()
    with pytest.raises(ConflictError):
        apply_import(admin, found.id)
    assert account_of(customer_id) is None


def test_asked_twice_it_is_read_once_and_what_was_broken_off_begins_again(admin, driver):
    request_import(admin)
    request_import(admin)
    factories.session.execute(sa.update(CustomerImport).values(state=ImportState.RUNNING))
    factories.session.commit()

    assert import_when_asked(driver) is True
    assert import_when_asked(driver) is False
    assert latest_import(admin).state is ImportState.READY


def test_an_older_reading_is_not_applied(admin, driver):
    older = read(admin, driver)
    read(admin, driver)

    with pytest.raises(ConflictError, match="read again meanwhile"):
        apply_import(admin, older.id)


def test_those_alone_are_imported_who_were_chosen_and_the_rest_later(admin, driver, at_microsoft):
    (wanted, _), (left_out, _) = at_microsoft("Delphi Wines"), at_microsoft("Ithaca Boats")
    found = read(admin, driver)

    assert apply_import(admin, found.id, [wanted]) == 1

    assert account_of(wanted).name == "Delphi Wines"
    assert account_of(left_out) is None
    waiting = latest_import(admin)
    assert waiting.state is ImportState.READY
    assert difference(waiting, left_out).kind is ImportChange.NEW
    assert difference(waiting, wanted) is None
    apply_import(admin, found.id)
    assert account_of(left_out).name == "Ithaca Boats"
    assert latest_import(admin).state is ImportState.APPLIED


def test_who_is_gone_stays_as_long_as_nobody_chooses_it(admin, driver, at_microsoft):
    account = AccountFactory()
    new, _ = at_microsoft()
    found = read(admin, driver)

    apply_import(admin, found.id, [new])

    factories.session.refresh(account)
    assert account.microsoft_gone_at is None
    apply_import(admin, found.id, [account.microsoft_tenant_id.casefold()])
    factories.session.refresh(account)
    assert account.microsoft_gone_at is not None


def test_choosing_nobody_imports_nobody(admin, driver, at_microsoft):
    new, _ = at_microsoft()
    found = read(admin, driver)

    with pytest.raises(InvalidError):
        apply_import(admin, found.id, [])

    assert account_of(new) is None
