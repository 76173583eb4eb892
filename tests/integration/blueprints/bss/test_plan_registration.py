"""Whether Microsoft has an Azure plan registered for reservations, and asking it to."""

import pytest

from app.domain.access import Role
from tests.support.back_office import staff
from tests.support.html import page, words


@pytest.fixture
def url(office):
    return f"/bss/billing/subscriptions/{office.plan.id}/registration"


@pytest.fixture
def unregistered(sandbox, office):
    """The plan as Microsoft has it: registering takes a minute there."""
    sandbox.change(registration_seconds=60)
    sandbox.knows(office.customer, office.plan, registered=False)
    return sandbox


def state_of(answer):
    return words(page(answer).select_one("#plan-registration [role=status]"))


def button_of(answer):
    return page(answer).select_one("#plan-registration form button")


def test_the_plans_page_asks_microsoft_only_when_somebody_wants_to_know(bss, unregistered, url):
    before = unregistered.last_request()

    found = page(bss.get(url.removesuffix("registration")))

    section = found.find(id="plan-registration")
    assert section.find("a")["href"] == url
    assert unregistered.last_request() == before


@pytest.mark.usefixtures("unregistered")
def test_an_unregistered_plan_is_registered_and_followed_until_it_is(bss, sandbox, url):
    shown = bss.get(url)
    sent = bss.post_form(url)
    moving = bss.partial(sent.location)
    sandbox.advance(61)
    done = bss.partial(url)

    assert state_of(shown) == "Not registered"
    assert words(button_of(shown)) == "Register at Microsoft"
    assert sent.location == url
    assert state_of(moving) == "Registering"
    assert page(moving).section["hx-get"] == url
    assert button_of(moving) is None
    assert state_of(done) == "Registered"
    assert "hx-get" not in page(done).section.attrs
    assert page(done).select_one("#plan-registration a") is None


@pytest.mark.usefixtures("unregistered")
def test_asking_twice_is_harmless(bss, sandbox, url):
    sandbox.change(registration_seconds=0)
    hidden = {"csrf_token": page(bss.get(url)).select_one("main [name=csrf_token]")["value"]}

    answers = [bss.post(url, data=hidden) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert state_of(bss.get(url)) == "Registered"


def test_what_microsoft_does_not_tell_is_said(bss, unregistered, url):
    unregistered.fault("registration", "status:500")

    answer = bss.get(url)

    assert answer.status_code == 200
    assert state_of(answer).startswith("Not known Microsoft did not tell:")
    assert page(answer).select_one("#plan-registration a")["href"] == url


def test_a_refusal_is_shown_and_can_be_tried_again(bss, unregistered, url):
    token = page(bss.get(url)).select_one("main [name=csrf_token]")["value"]
    unregistered.fault("registration", "status:400:800013")

    answer = bss.post(url, data={"csrf_token": token})

    assert answer.status_code == 422
    problem = words(page(answer).find(id="error-summary"))
    assert "Microsoft did not register it" in problem
    assert button_of(answer)


def test_a_plan_that_microsoft_does_not_know_is_no_error_of_ours(bss, sandbox, url):
    answer = bss.get(url)

    assert sandbox.last_request() > 0
    assert answer.status_code == 200
    assert state_of(answer).startswith("Not known")


@pytest.mark.usefixtures("unregistered")
@pytest.mark.parametrize("role", [Role.STAFF_SUPPORT, Role.STAFF_BILLING])
def test_whoever_may_only_read_sees_the_state_and_registers_nothing(client, sign_in, url, role):
    sign_in(staff(role))
    token = page(client.get("/bss/")).select_one("[name=csrf_token]")["value"]

    shown = client.get(url)
    refused = client.post(url, data={"csrf_token": token})

    assert state_of(shown) == "Not registered"
    assert button_of(shown) is None
    assert refused.status_code == 403
    assert state_of(client.get(url)) == "Not registered"
