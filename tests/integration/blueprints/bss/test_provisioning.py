"""The provisioning desk: what waits, what failed, the switch, the limits."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from app.domain.access import Role
from app.domain.purchase import PurchaseState
from app.domain.purchase_guards import WaitsFor
from app.models import Control, Heartbeat
from app.services.group_retry import make_asked_retries
from tests import factories
from tests.factories import UserFactory
from tests.support.back_office import purchase_for, staff, title
from tests.support.buying import events_of, purchase_of, stored
from tests.support.html import page, words

DESK = "/bss/provisioning/"


@pytest.fixture
def post(app):
    """Send a form of the desk, as the page would: with its CSRF field."""

    def send(client, path, **fields):
        token = page(client.get(DESK)).find("input", {"name": lambda n: n and "csrf_token" in n})
        names = {"csrf_token", "switch-csrf_token", "limits-csrf_token", "resending-csrf_token"}
        value = token["value"] if token else ""
        return client.post(f"{DESK}{path}", data=dict.fromkeys(names, value) | fields)

    return send


def control():
    factories.session.expire_all()
    return factories.session.scalars(sa.select(Control)).one()


def waiting(office, waits_for=WaitsFor.APPROVAL):
    asset = office.reservation(purchase_state=PurchaseState.CART_READY)
    purchase_for(
        asset,
        state=PurchaseState.CART_READY,
        order_id=None,
        cart_id=f"cart-{asset.number}",
        waits_for=waits_for,
    )
    return asset


def count_of(answer, name):
    cards = {words(card.strong): card for card in page(answer).select(".link-card")}
    return next(int(text.split()[0]) for text in cards if text.endswith(name))


def test_whoever_is_not_signed_in_is_asked_to(client):
    assert client.get(DESK).location.startswith("/login")


def test_an_empty_desk_says_so(bss):
    answer = bss.get(DESK)

    assert title(answer) == "Provisioning"
    text = words(page(answer).main)
    assert "Nothing is held back" in text
    assert "Nothing failed" in text
    assert "Nobody was heard within a quarter of an hour" in text
    assert "No limit is set" in text


def test_it_counts_by_state_and_names_the_oldest(bss, office):
    purchase_for(
        office.reservation(purchase_state=PurchaseState.QUEUED),
        state=PurchaseState.QUEUED,
        order_id=None,
    )
    purchase_for(
        office.reservation(purchase_state=PurchaseState.UNKNOWN),
        state=PurchaseState.UNKNOWN,
        order_id=None,
    )
    waiting(office)
    office.failed()

    answer = bss.get(DESK)

    for name in ("Queued", "Waiting for people or a limit", "Failed"):
        assert count_of(answer, name) == 1, name
    assert count_of(answer, "Being checked with Microsoft") == 1
    assert count_of(answer, "Running") == 0
    assert "The oldest unfinished purchase is from" in words(page(answer).main)


def test_the_number_of_statements_does_not_grow(bss, office, at_most):
    for _ in range(5):
        waiting(office)
        office.failed()
    bss.get(DESK)

    with at_most(20):
        bss.get(DESK)


def test_a_group_is_tried_again_with_one_click_each_through_edit_and_save(
    app, bss, office, post, app_context
):
    assets = [office.failed() for _ in range(25)]
    other = office.failed(code="800010", message="No stock")

    assert post(bss, "retry", code="800011").status_code == 303
    shown = words(page(bss.get(DESK)).main)
    assert "25 about to be tried" in shown
    assert "The Azure plan that it is bought from is not active at Microsoft." in shown
    assert make_asked_retries() == 20
    assert make_asked_retries() == 5
    assert make_asked_retries() == 0

    for asset in assets:
        assert purchase_of(asset).state is PurchaseState.QUEUED
        assert events_of(asset).count("saved") == 1
        assert stored(asset).version == 2
    assert purchase_of(other).state is PurchaseState.FAILED


def test_who_lost_the_right_meanwhile_retries_nothing(app, client, sign_in, office, post):
    person = UserFactory(staff=True, role=Role.STAFF_PROVISIONING)
    failed = office.failed()
    post(sign_in(person), "retry", code="800011")
    person.role = Role.STAFF_SUPPORT
    factories.session.commit()

    with app.app_context():
        make_asked_retries()

    assert purchase_of(failed).state is PurchaseState.FAILED
    assert purchase_of(failed).retry_asked_by_id is None


def test_pausing_takes_a_reason_and_shows_a_banner_on_every_page_of_the_back_office(bss, post):
    refused = post(bss, "pause", **{"switch-reason": " "})
    assert refused.status_code == 422
    assert "Say why" in words(page(refused).main)

    answer = post(bss, "pause", **{"switch-reason": "A wrong price list"})

    assert answer.status_code == 303
    assert not control().provisioning_enabled
    for url in ("/bss/", DESK, "/bss/billing/assets/"):
        assert "Provisioning is off" in words(page(bss.get(url)).select_one(".banner")), url
    post(bss, "resume", **{"switch-reason": "Mended"})
    assert control().provisioning_enabled
    assert page(bss.get("/bss/accounts/")).select_one(".banner") is None


def test_the_storefront_says_nothing_of_a_pause(bss, post, app, sign_in):
    post(bss, "pause", **{"switch-reason": "A wrong price list"})
    customer = sign_in(UserFactory(), into=app.test_client())

    for url in ("/", "/orders/", "/billing/assets/reservations/", "/catalogue/software/"):
        answer = customer.get(url)
        assert answer.status_code == 200
        assert "A wrong price list" not in answer.text
        assert "is off" not in words(page(answer).main)


def test_after_a_restore_two_administrators_resume(bss, post, app, sign_in):
    factories.session.execute(
        sa.update(Control).values(
            provisioning_enabled=False, restored_at=sa.func.now(), reason="Restored"
        )
    )
    factories.session.commit()
    second = sign_in(staff(), into=app.test_client())

    refused = post(bss, "resume", **{"switch-reason": "Fine"})
    assert refused.status_code == 422
    assert "Reconcile all customers" in words(page(refused).main)
    factories.session.execute(
        sa.update(Control).values(reconciled_at=sa.func.now() + sa.text("interval '1 second'"))
    )
    factories.session.commit()
    assert post(bss, "resume", **{"switch-reason": "Reconciled"}).status_code == 303
    assert post(bss, "resume", **{"switch-reason": "Me again"}).status_code == 422
    assert not control().provisioning_enabled
    assert post(second, "resume", **{"switch-reason": "I looked"}).status_code == 303

    assert control().provisioning_enabled


def test_limits_are_saved_and_a_wrong_one_is_said_at_its_field(bss, post):
    wrong = {"limits-currency": "EUR", "limits-per_account": "much"}
    refused = post(bss, "limits", **wrong)
    assert refused.status_code == 422
    assert "Write an amount" in words(page(refused).select_one("#limits-per_account-error"))
    assert page(refused).select_one("#limits-per_account")["value"] == "much"

    saved = post(
        bss,
        "limits",
        **{"limits-currency": "eur", "limits-per_account": "5000.50", "limits-altogether": ""},
    )

    assert saved.status_code == 303
    row = control()
    assert (row.spend_currency, row.account_hourly_limit) == ("EUR", Decimal("5000.50"))
    assert (row.hourly_limit, row.four_eyes_above) == (None, None)


@pytest.mark.parametrize("amount", ["-1", "1e13", "NaN", "Infinity"])
def test_impossible_amounts_are_refused(bss, post, amount):
    answer = post(bss, "limits", **{"limits-currency": "EUR", "limits-altogether": amount})

    assert answer.status_code == 422


def test_an_accounts_own_limit_is_raised_from_what_waits(bss, office, post):
    waiting(office, WaitsFor.ACCOUNT_LIMIT)
    url = f"{DESK}accounts/{office.customer.id}/limit"

    assert url in bss.get(DESK).text
    assert post(bss, f"accounts/{office.customer.id}/limit", amount="x").status_code == 422
    assert post(bss, f"accounts/{office.customer.id}/limit", amount="900").status_code == 303

    assert stored(office.customer).hourly_spend_limit == 900
    assert office.customer.name in words(page(bss.get(DESK)).main)


def test_two_people_approve_and_the_first_is_named(app, bss, office, post, sign_in):
    asset = waiting(office)
    second = sign_in(UserFactory(staff=True, role=Role.STAFF_PROVISIONING), into=app.test_client())

    assert post(bss, f"assets/{asset.id}/approve").status_code == 303
    assert "Approved by Eleni Papadaki" in words(page(bss.get(DESK)).main)
    assert post(bss, f"assets/{asset.id}/approve").status_code == 409
    assert post(second, f"assets/{asset.id}/approve").status_code == 303

    assert purchase_of(asset).approved_at is not None


def test_a_no_says_why(bss, office, post):
    asset = waiting(office)

    assert post(bss, f"assets/{asset.id}/decline", reason=" ").status_code == 422
    assert post(bss, f"assets/{asset.id}/decline", reason="A mistake").status_code == 303

    row = purchase_of(asset)
    assert (row.state, row.error_message) == (PurchaseState.FAILED, "A mistake")


def test_sending_again_can_be_switched_off(bss, post):
    answer = post(bss, "resending", **{"resending-reason": "Microsoft says so"})

    assert answer.status_code == 303
    assert not control().resends_checkout
    assert "two people decide" in words(page(bss.get(DESK)).main)


def test_processes_show_whether_they_live(bss):
    now = sa.func.now()
    factories.session.add_all(
        [
            Heartbeat(name="one:1", kind="worker"),
            Heartbeat(name="two:2", kind="dispatcher", at=now - sa.text("interval '5 minutes'")),
            Heartbeat(name="three:3", kind="dispatcher", is_degraded=True),
        ]
    )
    factories.session.commit()

    rows = [
        words(row) for row in page(bss.get(DESK)).select("section:has(#processes-title) tbody tr")
    ]

    assert any("one:1" in row and "Alive" in row for row in rows)
    assert any("two:2" in row and "Silent" in row for row in rows)
    assert any("three:3" in row and "without Redis" in row for row in rows)


def test_support_reads_and_is_offered_nothing_to_press(client, sign_in, office):
    waiting(office)
    office.failed()
    support = sign_in(staff(Role.STAFF_SUPPORT))

    main = page(support.get(DESK)).main

    assert main.select("form") == []
    assert "Spend limits" not in words(main)


def test_the_desk_renews_itself_without_its_forms_losing_what_is_typed(bss, post):
    headers = {"HX-Request": "true", "HX-Request-Type": "partial"}

    answer = bss.get(DESK, headers=headers)

    assert answer.text.lstrip().startswith('<div id="provisioning-now"')
    assert "switch-reason" not in answer.text
