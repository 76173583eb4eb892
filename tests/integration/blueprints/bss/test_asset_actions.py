"""The back office's asset view: refresh, what differs, the whole story, giving up."""

import datetime as dt

import sqlalchemy as sa

from app.database import transaction
from app.domain.access import SYSTEM_SCOPE, Role
from app.domain.assets import AssetStatus
from app.domain.languages import Language
from app.domain.purchase import PurchaseState
from app.models import Asset, Purchase
from app.services.asset_events import add_asset_event
from app.services.orders import place_order
from tests import factories
from tests.factories import (
    NOW,
    OrderFactory,
    PurchaseFactory,
    ReservationFactory,
    UserFactory,
    viewer_of,
)
from tests.integration.services.buyers import Marketplace, change, rows
from tests.support.html import page, words

ASSETS = "/bss/billing/assets/"


def staff(client, sign_in, role=Role.STAFF_ADMINISTRATOR):
    return sign_in(UserFactory(staff=True, role=role))


def add_event(app, asset, event, **detail):
    with app.app_context(), transaction(SYSTEM_SCOPE) as session:
        stored = session.get_one(Asset, asset.id)
        add_asset_event(session, stored, event, actor="refresh", detail=detail)


def story(answer):
    return [words(each) for each in page(answer).select(".tl .strong")]


def test_the_button_makes_the_purchase_due_and_says_so(client, sign_in):
    asset = ReservationFactory()
    purchase = PurchaseFactory(asset=asset)
    url = f"{ASSETS}{asset.id}/"
    browser = staff(client, sign_in)

    answer = browser.post_form(f"{url}refresh", form_at=url)

    assert (answer.status_code, answer.location) == (303, url)
    assert "Microsoft is asked now" in browser.get(url).text
    factories.session.expire_all()
    assert factories.session.get_one(Purchase, purchase.id).next_run_at is not None


def test_support_sees_no_button(client, sign_in):
    asset = ReservationFactory()
    PurchaseFactory(asset=asset)

    text = staff(client, sign_in, Role.STAFF_SUPPORT).get(f"{ASSETS}{asset.id}/").text

    assert "Refresh from Microsoft" not in text


def test_what_differs_is_shown_with_both_values(client, sign_in):
    asset = ReservationFactory(microsoft_differs={"Quantity": ["7", "5"]})

    found = page(staff(client, sign_in).get(f"{ASSETS}{asset.id}/"))

    row = found.select_one("section[aria-labelledby=differs-title] tbody tr")
    assert [words(cell) for cell in row.select("th,td")] == ["Quantity", "7", "5"]


def test_what_differs_and_the_story_speak_the_readers_language(app, client, sign_in):
    asset = ReservationFactory(microsoft_differs={"Quantity": ["7", "5"]})
    add_event(app, asset, "drifted", changes={"Scope": ["Shared", None]})
    german = UserFactory(staff=True, role=Role.STAFF_ADMINISTRATOR, language=Language.DE)

    answer = sign_in(german).get(f"{ASSETS}{asset.id}/")

    row = page(answer).select_one("section[aria-labelledby=differs-title] tbody tr")
    assert [words(cell) for cell in row.select("th,td")] == ["Menge", "7", "5"]
    assert "Bei Microsoft geändert" in story(answer)
    assert "Bereich: Shared → keine" in words(page(answer).select_one(".tl"))


def test_the_whole_story_stands_in_one_place(app, client, sign_in, at_most):
    order = OrderFactory(placed_by_name="Maria", decided_by_name="Nikos")
    asset = ReservationFactory(order_id=order.id)
    PurchaseFactory(asset=asset)
    add_event(app, asset, "drifted", changes={"Scope": ["Shared", "Single"]})
    add_event(app, asset, "expired", expires_on="2026-11-22")
    browser = staff(client, sign_in)

    with at_most(6):
        answer = browser.get(f"{ASSETS}{asset.id}/")

    told = story(answer)
    assert told[:2] == ["Expired", "Changed at Microsoft"]
    assert set(told[2:]) == {"Approved", "Ordered"}
    assert "Scope: Shared → Single" in answer.text
    assert "by Maria" in answer.text


def test_a_refused_purchase_is_given_up_with_a_reason(app, client, sign_in):
    asset = ReservationFactory(failed=True)
    PurchaseFactory(asset=asset, state=PurchaseState.FAILED, order_id=None)
    url = f"{ASSETS}{asset.id}/"
    browser = staff(client, sign_in)
    assert "Give it up" in browser.get(url).text

    empty = browser.post_form(f"{url}give-up", {"reason": ""})
    assert empty.status_code == 422
    assert "the customer reads it" in empty.text
    answer = browser.post_form(f"{url}give-up", {"reason": "Not sold any more."})

    assert (answer.status_code, answer.location) == (303, url)
    text = browser.get(url).text
    assert "Not sold any more." in text
    factories.session.expire_all()
    status = factories.session.scalar(sa.select(Asset.status).where(Asset.id == asset.id))
    assert status is AssetStatus.CANCELLED


def test_what_is_synchronized_cannot_be_given_up(client, sign_in):
    asset = ReservationFactory()
    PurchaseFactory(asset=asset)

    answer = staff(client, sign_in).get(f"{ASSETS}{asset.id}/give-up")

    assert answer.status_code == 409


def test_what_ends_soon_is_bought_again_on_behalf_of_its_account(app, client, sign_in):
    market = Marketplace()
    buyer = viewer_of(UserFactory(account=market.customer, role=Role.BUYER))
    with app.app_context():
        placed = place_order(buyer, market.quote(buyer, quantity=7))
    url = f"{ASSETS}{placed.asset_ids[0]}/"
    browser = staff(client, sign_in)
    before = page(browser.get(url)).select_one("form[action$='/buy-again']")
    [asset] = rows(Asset)
    change(asset, expires_on=NOW.date() + dt.timedelta(days=9))

    form = page(browser.get(url)).select_one("form[action$='/buy-again']")
    fields = {field["name"]: field["value"] for field in form.select("input")}
    answer = browser.post(form["action"], data=fields)

    assert before is None
    review = words(page(browser.get(answer.location)).main)
    assert "7 instances" in review
    assert market.customer.name in review
    assert len(rows(Asset)) == 1
