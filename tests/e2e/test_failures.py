"""What breaks around us: nothing is lost, nothing is bought twice, and pages say what is wrong."""

import pytest
from playwright.sync_api import Error, expect

from tests.e2e.journeys import buy_reservation, find_in_back_office
from tests.support.waiting import wait_until

SOON = 45_000


@pytest.fixture(autouse=True)
def _whole_afterwards(page, base_url):
    yield
    wait_until(lambda: _readiness(page))


def _readiness(page):
    """What the installation says of itself once all is well."""
    try:
        told = page.request.get("/readyz", timeout=10_000).json()
    except Error:
        return None
    return told if set(told.values()) == {"ok"} else None


def test_without_redis_the_site_works_and_orders_go_through(system, direct_page, sandbox):
    with system.without("redis"):
        order = buy_reservation(direct_page)
        number = order.asset_number

        expect(order.open_asset().sync_status).to_contain_text("Synchronized", timeout=SOON)

    assert len(sandbox.ledger(f"{number}-")) == 1
    ready = wait_until(lambda: _readiness(direct_page))
    assert ready["redis"] == "ok"


def test_without_postgresql_pages_say_so_and_come_back_by_themselves(system, direct_page, sandbox):
    direct_page.goto("/billing/")
    web = system.pid_of("web")

    with system.without("postgresql"):
        answer = direct_page.goto("/orders/")
        assert answer.status == 503
        expect(direct_page.get_by_role("heading", level=1)).to_be_visible()
        expect(direct_page.get_by_role("main")).to_contain_text("Try again in a minute.")
        assert direct_page.request.get("/readyz").status == 503
        assert direct_page.request.get("/healthz").status == 200

    wait_until(lambda: direct_page.request.get("/orders/").status == 200)
    number = buy_reservation(direct_page).asset_number
    wait_until(lambda: sandbox.ledger(f"{number}-"))
    assert system.pid_of("web") == web  # nothing of ours had to be started again


def test_a_worker_killed_in_the_middle_of_a_checkout_buys_once(
    system, direct_page, staff_page, sandbox
):
    sandbox.fault("checkout", "slow:4")
    number = buy_reservation(direct_page).asset_number
    wait_until(lambda: sandbox.ledger(f"{number}-"))

    system.kill("worker")

    asset = find_in_back_office(staff_page, number)
    expect(asset.sync_status).to_contain_text("Synchronized", timeout=SOON)
    assert len(sandbox.ledger(f"{number}-")) == 1


@pytest.mark.proof
@pytest.mark.parametrize("program", ["dispatcher", "web"])
def test_a_program_that_is_killed_is_started_again(system, direct_page, program):
    killed = system.kill(program)

    wait_until(lambda: system.pid_of(program) not in {None, killed})
    wait_until(lambda: _readiness(direct_page))
    direct_page.goto("/billing/")
    expect(direct_page.get_by_role("heading", level=1)).to_have_text("Billing")


def test_while_microsoft_is_silent_it_is_in_progress_and_never_failed(
    direct_page, staff_page, sandbox
):
    before = sandbox.last_request()
    sandbox.fault("checkout", "drop_before", times=0)
    order = buy_reservation(direct_page)
    number = order.asset_number
    asset = find_in_back_office(staff_page, number)

    wait_until(lambda: _checkouts(sandbox, before) >= 2)
    expect(asset.open_again().sync_status).to_contain_text("In progress")
    expect(asset.main.get_by_text("Failed", exact=True)).to_have_count(0)

    sandbox.forget_faults()
    expect(asset.sync_status).to_contain_text("Synchronized", timeout=SOON)
    assert len(sandbox.ledger(f"{number}-")) == 1


def _checkouts(sandbox, since):
    return sum(entry["path"].endswith("/checkout") for entry in sandbox.requests(since))
