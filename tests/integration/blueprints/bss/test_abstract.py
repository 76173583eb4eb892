"""The short view of an account's assets that opens under the mouse."""

import gzip
from uuid import uuid4

import pytest

from app.domain.access import Role
from app.domain.purchase import PurchaseState
from tests.factories import AccountFactory, SoftwareSubscriptionFactory, UserFactory
from tests.support.back_office import names, staff, title
from tests.support.html import page, words


def abstract_of(account):
    return f"/bss/accounts/{account.id}/assets/abstract"


def test_whoever_is_not_signed_in_is_told_by_htmx_to_sign_in(client):
    answer = client.partial(f"/bss/accounts/{uuid4()}/assets/abstract")

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/login")


def test_customers_and_unknown_accounts_find_nothing(client, sign_in, office):
    sign_in(UserFactory())
    assert client.partial(abstract_of(office.customer)).status_code == 404

    sign_in(staff())
    assert client.partial(f"/bss/accounts/{uuid4()}/assets/abstract").status_code == 404


def test_the_five_newest_with_their_full_one_time_amount(bss, office):
    for number in range(6):
        office.reservation(name=f"Reservation {number}", quantity=7)

    answer = bss.partial(abstract_of(office.customer))

    assert len(names(answer)) == 5
    row = page(answer).select_one("tbody tr")
    assert words(row).startswith("Reservation")
    assert "Azure Plan Reservation" in words(row)
    assert "€8,400.00 One-Time" in words(row)
    assert "Active" in words(row)
    assert words(page(answer).select_one(".card-f")) == (
        "5 most recent · excl. VAT View all 6 assets"
    )


def test_failed_is_shown_instead_of_the_status_and_counted(bss, office):
    office.failed()
    office.reservation()
    SoftwareSubscriptionFactory(account=office.customer, expired=True)

    answer = bss.partial(abstract_of(office.customer))

    states = sorted(words(row.select("td")[1]) for row in page(answer).select("tbody tr"))
    assert states == ["Active", "Expired", "Failed"]
    assert words(page(answer).select_one(".card-h .count")) == "3 · 1 failed"


def test_what_is_being_checked_is_never_called_failed(bss, office):
    office.reservation(purchase_state=PurchaseState.UNKNOWN)

    answer = bss.partial(abstract_of(office.customer))

    assert "Being checked with Microsoft" in answer.text
    assert "failed" not in answer.text.lower()


def test_an_account_without_assets_says_so(bss):
    answer = bss.partial(abstract_of(AccountFactory(name="Empty Ltd")))

    assert "Empty Ltd has no assets yet." in answer.text


def test_it_is_asked_for_again_by_its_etag(bss, office):
    office.reservation()
    first = bss.partial(abstract_of(office.customer))
    tag = first.headers["ETag"]
    headers = {"HX-Request": "true", "HX-Request-Type": "partial", "If-None-Match": tag}

    again = bss.get(abstract_of(office.customer), headers=headers)

    assert first.cache_control.private
    assert first.cache_control.max_age == 30
    assert "HX-Request" in first.headers["Vary"]
    assert again.status_code == 304


def test_opened_as_a_page_it_is_a_page_of_the_same(bss, office):
    asset = office.reservation()

    answer = bss.get(abstract_of(office.customer))

    assert title(answer) == "Newest assets"
    assert names(answer) == [asset.name]
    assert "max-age" not in answer.headers["Cache-Control"]


@pytest.mark.parametrize("assets", [1, 30])
def test_three_statements_and_four_kilobytes_whatever_there_is(bss, office, at_most, assets):
    for _ in range(assets):
        office.reservation()

    with at_most(3):
        answer = bss.partial(abstract_of(office.customer))

    assert len(gzip.compress(answer.data)) <= 4096


def test_support_sees_it(client, sign_in, office):
    sign_in(staff(Role.STAFF_SUPPORT))

    assert client.partial(abstract_of(office.customer)).status_code == 200
