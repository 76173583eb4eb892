"""What the seeds say of BSS, one sentence each: docs/seed-sentences.md has the table."""

import datetime as dt

import pytest

from app.domain.assets import AssetStatus
from app.models import Asset
from app.services.expiry import expire_due_assets
from tests import factories
from tests.factories import PurchaseFactory, SoftwareSubscriptionFactory
from tests.support.back_office import ASSETS, facts, names, view_of
from tests.support.buying import purchase_of
from tests.support.html import page, words


@pytest.fixture
def software(office):
    asset = SoftwareSubscriptionFactory(account=office.customer)
    PurchaseFactory(asset=asset)
    return asset


def account_of(office):
    return f"/bss/accounts/{office.customer.id}/"


def test_assets_are_found_in_billing_assets(bss, office, software):
    reservation = office.reservation()

    assert {reservation.name, software.name} <= set(names(bss.get(ASSETS)))


def test_assets_are_found_in_the_assets_section_of_the_account(bss, office, software):
    reservation = office.reservation()

    section = words(page(bss.get(account_of(office))).select_one("section#assets"))

    assert reservation.name in section
    assert software.name in section


def test_the_reservation_record_keeps_every_field(bss, office):
    found = facts(bss.get(view_of(office.reservation())))

    assert {
        *("Name", "Status", "Provisioning Sync Status", "Purchase Date", "Expiration Date"),
        *("Reservation ID", "Reservation Order ID", "Reservation Status", "Product ID"),
        *("Scope", "Subscription", "Purchase Date (UTC)", "Billing Frequency"),
    } <= set(found)


def test_the_software_record_keeps_every_field(bss, software):
    found = facts(bss.get(view_of(software)))

    assert {
        *("Name", "Status", "Provisioning Sync Status", "Purchase Date", "Order ID"),
        *("Order ID Alias", "Software Subscription SKU", "Software Expiration Date"),
        "Software ID",
    } <= set(found)


def test_the_billing_frequency_in_the_asset_view_is_one_time(bss, office):
    assert facts(bss.get(view_of(office.reservation())))["Billing Frequency"] == "One-Time"


def test_the_asset_amount_is_called_asset_total_amount_and_is_the_whole(bss, office):
    view = page(bss.get(view_of(office.reservation(quantity=7))))

    assert "Asset Total Amount, excl. VAT €8,400.00" in words(view.select_one(".price-lines"))
    assert "Asset Amount" not in words(view)


def test_a_reservation_expires_by_itself_on_its_expiration_date(app_context, bss, office):
    asset = office.reservation(expires_on=dt.date(2026, 11, 22))

    expire_due_assets(dt.date(2026, 11, 22))

    factories.session.expire_all()
    assert factories.session.get_one(Asset, asset.id).status is AssetStatus.EXPIRED
    assert facts(bss.get(view_of(asset)))["Status"] == "Expired"


def test_a_failed_asset_is_provisioned_again_by_edit_and_save(bss, office):
    asset = office.failed()

    answer = bss.post_form(f"{view_of(asset)}edit", edit_of(bss, asset))

    assert answer.status_code == 303
    assert purchase_of(asset).next_run_at is not None
    assert facts(bss.get(view_of(asset)))["Provisioning Sync Status"] == "In progress"


def test_an_empty_software_id_is_asked_for_by_edit_and_save(bss, office):
    asset = SoftwareSubscriptionFactory(account=office.customer, software_id=None)
    purchase = PurchaseFactory(asset=asset)

    answer = bss.post_form(f"{view_of(asset)}edit", edit_of(bss, asset))

    assert answer.status_code == 303
    assert purchase_of(asset).next_run_at is not None
    assert purchase_of(asset).order_id == purchase.order_id  # what was bought stays bought


def test_the_shortcut_assets_has_an_abstract_with_the_full_one_time_amount(bss, office):
    office.reservation(quantity=7)
    shortcut = page(bss.get(account_of(office))).select_one("[hx-get$='/assets/abstract']")

    abstract = bss.partial(shortcut["hx-get"])

    assert "€8,400.00 One-Time" in words(page(abstract).select_one("tbody tr"))


def test_the_assets_section_of_the_account_has_the_full_one_time_amount(bss, office):
    office.reservation(quantity=7)

    row = page(bss.get(account_of(office))).select_one("section#assets tbody tr")

    assert "€8,400.00" in words(row)
    assert "One-Time" in words(row)


def edit_of(bss, asset):
    """The edit form as it stands."""
    form = page(bss.get(f"{view_of(asset)}edit")).select_one("main form[method=post]")
    fields = form.select("input[name], select[name], textarea[name]")
    return {each["name"]: _value_of(each) for each in fields if each.get("type") != "hidden"}


def _value_of(element):
    if element.name == "select":
        chosen = element.select_one("option[selected]") or element.option
        return chosen["value"]
    return element.get_text() if element.name == "textarea" else element.get("value", "")
