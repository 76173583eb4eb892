"""Setup > Marketplace options."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.domain.access import Role
from app.domain.errors import InvalidError
from app.models import MarketplaceOptions
from app.services.quotes import quote_software
from tests.factories import (
    AccountFactory,
    PriceListFactory,
    ReservationFactory,
    SkuFactory,
    TaxRuleFactory,
    session,
)
from tests.integration.services.buyers import person
from tests.integration.services.buyers import staff as staff_viewer
from tests.support.back_office import staff, title
from tests.support.html import page, words
from tests.support.ids import NOBODYS_ID

PAGE = "/bss/setup/marketplace-options/"
WANTED = {
    "name": "Aegean Cloud",
    "viewers_may_switch_vat": "y",
    "country": "GR",
    "currency": "EUR",
    "timezone": "Europe/Athens",
    "language": "en",
    "quote_hours": "48",
    "largest_order": "",
    "payment_days": "30",
    "terms": "No returns.",
}


def send(client, **fields):
    token = page(client.get(PAGE)).select_one("[name=csrf_token]")["value"]
    return client.post(PAGE, data={"csrf_token": token, **WANTED, **fields})


def stored():
    session.rollback()
    session.expire_all()
    return session.scalars(sa.select(MarketplaceOptions)).one()


def test_saving_changes_every_page(bss):
    answer = send(bss, shows_vat="y", largest_order="1500,50")

    assert answer.location == PAGE
    assert words(page(bss.get(PAGE)).select_one(".brand")) == "Aegean Cloud BSS"
    row = stored()
    assert (row.shows_vat, row.quote_hours, row.terms) == (True, 48, "No returns.")
    assert row.largest_order == Decimal("1500.50")


def test_a_preview_shows_the_list_before_and_after_and_saves_nothing(bss):
    ReservationFactory(vat_rate=24)

    shown = page(send(bss, shows_vat="y", preview="1"))

    heads = [words(each) for each in shown.select("aside th")]
    assert [each for each in heads if each.startswith("Total")] == [
        "Total Amount, excl. VAT",
        "Total Amount, incl. VAT",
    ]
    assert stored().shows_vat is False


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", " ", "Enter a name."),
        ("quote_hours", "0", "A quote holds between 1 hour and 30 days."),
        ("quote_hours", "soon", "Not a valid integer value."),
        ("largest_order", "much", "Enter an amount such as 50000."),
        ("largest_order", "0", "Enter an amount above 0, or leave it empty."),
        ("country", "XX", "Not a valid choice."),
        ("currency", "ZZZ", "Not a valid choice."),
        ("timezone", "Mars/Olympus", "Not a valid choice."),
        ("language", "fr", "Not a valid choice."),
    ],
)
def test_what_is_wrong_is_named_at_its_field(bss, field, value, message):
    answer = send(bss, **{field: value})

    assert answer.status_code == 422
    assert message in words(page(answer).select_one(f"#{field}-error"))
    assert stored().name == "Entrepot"


def test_new_accounts_begin_with_language_and_approval_of_the_marketplace(bss):
    send(bss, language="el", needs_approval="y")

    form = page(bss.get("/bss/accounts/new")).main

    assert form.select_one("#language option[selected]")["value"] == "el"
    assert form.select_one("#needs_approval").has_attr("checked")


def test_whoever_chose_no_language_reads_the_marketplaces(bss):
    send(bss, language="de")

    assert page(bss.get(PAGE)).html["lang"] == "de"
    asked = bss.get(PAGE, headers={"Accept-Language": "el"})
    assert page(asked).html["lang"] == "el"


def test_who_does_not_administer_reads_only(app, sign_in):
    client = sign_in(staff(Role.STAFF_BILLING))

    assert title(client.get(PAGE)) == "Marketplace options"
    assert not page(client.get(PAGE)).select("main form")


@pytest.fixture
def licence(app_context):
    PriceListFactory(is_default=True)
    TaxRuleFactory()
    row = session.scalars(sa.select(MarketplaceOptions)).one()
    row.largest_order = Decimal(1000)
    session.commit()
    return SkuFactory(cost=Decimal(100))


def quote(viewer, account, licence, quantity):
    return quote_software(
        viewer,
        account_id=account.id,
        sku_id=licence.id,
        quantity=quantity,
        form_token=NOBODYS_ID,
    )


def test_an_order_larger_than_the_largest_is_refused(licence):
    account = AccountFactory()
    viewer = person(account)

    with pytest.raises(InvalidError, match="more than one order may cost"):
        quote(viewer, account, licence, 11)
    assert quote(viewer, account, licence, 10)


def test_staff_may_order_more_on_behalf(licence):
    assert quote(staff_viewer(), AccountFactory(), licence, 11)
