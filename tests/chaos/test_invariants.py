"""The harness can fail: each invariant finds what it is for."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.chaos import invariants
from tests.chaos.books import Books
from tests.chaos.buyers import Result, Wish
from tests.chaos.plan import Plan
from tests.chaos.run import Run

AT = dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)
REFERENCE = "AST-000001-ABCDEFGH"


def order(**changes):
    return {
        "order_id": "order-1",
        "reference": REFERENCE,
        "cart_id": "cart-1",
        "customer_id": "customer",
        "catalog_item_id": "P:S:A",
        "quantity": 2,
        "term_duration": "P1Y",
        "price": 100.5,
    } | changes


def purchase(**changes):
    wanted = {"customer_id": "customer", "product_id": "P", "sku_id": "S", "quantity": 2}
    return {
        "id": "1",
        "number": 1,
        "asset_id": "asset",
        "own_ref": REFERENCE,
        "state": "synchronized",
        "shown": "synchronized",
        "order_id": "order-1",
        "correlation_id": "correlation",
        "params": wanted | {"term_duration": "P1Y", "cost": "100.5"},
        "unit_cost": Decimal("100.5"),
        "quantity": 2,
        "buying_net": Decimal("230.00"),
    } | changes


def line(**changes):
    return {"asset_id": "asset", "quantity": 2, "net": Decimal("230.00")} | changes


def request(after=0.0, *, status=201, route="checkout", correlation="correlation"):
    at = (AT + dt.timedelta(seconds=after)).isoformat()
    return {"at": at, "status": status, "route": route, "ms_correlation_id": correlation}


def events(*states):
    first = {"event": "queued", "state": "queued"}
    return [
        each | {"at": AT}
        for each in (first, *({"event": state, "state": state} for state in states))
    ]


@pytest.fixture
def sound():
    """One purchase, bought as it should be."""
    moves = events("cart_ready", "checkout_sent", "ordered", "synchronized")
    wish = Wish(1, "buyer@aegean.example", "sku", "plan", 2, 1)
    result = Result(wish, asset="AST-000001", address="/orders/ours/", acknowledged_at=1.0)
    return Run(
        plan=Plan(least_hits=0),
        books=Books(
            [order()], [request()], [purchase()], {"1": moves}, {"ours": AT}, invoiced=[line()]
        ),
        results=[result],
        events=[],
        notes={
            "final_after": 1.0,
            "retry_after": 2,
            "left": [],
            "longest_lock": 0.0,
            "longest_frozen_lock": 0.0,
            "longest_idle": 0.0,
            "hits": {},
            "audit_problem": "",
        },
    )


def red(run):
    return {verdict.name for verdict in invariants.check_all(run) if verdict.broken}


def with_books(run, **changes):
    return replace(run, books=replace(run.books, **changes))


def test_a_sound_run_is_green(sound):
    assert red(sound) == set()


def test_a_second_order_is_found(sound):
    again = order(order_id="order-2", cart_id="cart-2")

    assert {"I1", "I2"} <= red(with_books(sound, orders=[order(), again]))


def test_a_lost_purchase_is_found(sound):
    assert "I2" in red(with_books(sound, orders=[]))


@pytest.mark.parametrize(
    "changes", [{"customer_id": "other"}, {"quantity": 3}, {"price": 99.0}, {"order_id": "x"}]
)
def test_an_order_of_something_else_is_found(sound, changes):
    assert "I3" in red(with_books(sound, orders=[order(**changes)]))


def test_an_order_that_nobody_knows_is_found(sound):
    ghost = order(reference="AST-000009-ABCDEFGH", order_id="order-9", cart_id="cart-9")

    assert "I4" in red(with_books(sound, orders=[order(), ghost]))


def test_a_forbidden_move_is_found(sound):
    assert "I5" in red(with_books(sound, events={"1": events("ordered", "synchronized")}))


def test_a_cent_is_found(sound):
    assert "I6" in red(with_books(sound, purchases=[purchase(unit_cost=Decimal("100.51"))]))


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [line(), line()],
        [line(net=Decimal("230.01"))],
        [line(quantity=3)],
        [line(), line(asset_id="nobody's")],
    ],
    ids=["none", "two", "a cent", "quantity", "for nothing"],
)
def test_an_invoice_that_is_not_that_of_its_asset_is_found(sound, lines):
    assert "I6" in red(with_books(sound, invoiced=lines))


def test_one_that_waits_for_ever_is_found(sound):
    assert "I7" in red(with_books(sound, purchases=[purchase(state="checkout_sent")]))


def test_a_call_too_early_is_found(sound):
    calls = [request(status=429), request(1.0)]

    assert "I8" in red(with_books(sound, requests=calls))
    assert "I8" not in red(with_books(sound, requests=[request(status=429), request(2.1)]))


def test_a_history_with_two_orders_is_found(sound):
    twice = events("cart_ready", "checkout_sent", "ordered", "ordered")

    assert "I9" in red(with_books(sound, events={"1": twice}))


def test_an_audit_log_that_was_changed_is_found(sound):
    sound.notes["audit_problem"] = "Entry 7 was changed."

    assert "I9" in red(sound)


def test_an_error_page_for_what_was_stored_is_found(sound):
    moment = AT.timestamp()
    sound.results[0].broken_presses = [(moment - 1, moment + 1, "POST 503")]

    assert "I10" in red(sound)


def test_a_process_that_is_left_is_found(sound):
    sound.notes["left"] = [4711]

    assert "I11" in red(sound)


@pytest.mark.parametrize("kept", ["longest_lock", "longest_frozen_lock"])
def test_a_long_wait_for_a_lock_is_found(sound, kept):
    sound.notes[kept] = 5.1

    assert "I11" in red(sound)


@pytest.mark.parametrize(
    ("after", "is_told"), [(None, False), (-60, True), (119, True), (121, False)]
)
def test_an_unknown_purchase_without_an_alert_is_found(sound, after, is_told):
    moves = events("cart_ready", "checkout_sent", "unknown")
    opened = {} if after is None else {"unknown": AT + dt.timedelta(seconds=after)}
    undecided = with_books(
        sound,
        purchases=[purchase(state="unknown", order_id=None)],
        events={"1": moves},
        alerts=opened,
    )

    assert ("alerts" not in red(undecided)) is is_told


def test_a_purchase_without_its_call_is_found(sound):
    assert "I12" in red(with_books(sound, requests=[request(correlation="another")]))


def test_a_point_that_was_never_hit_is_found(sound):
    assert "coverage" in red(replace(sound, plan=Plan(least_hits=1)))


def test_only_mode_c_leaves_an_unknown_purchase_to_people(sound):
    undecided = with_books(
        sound,
        purchases=[purchase(state="unknown", order_id=None)],
        events={"1": events("cart_ready", "checkout_sent", "unknown")},
        alerts={"unknown": AT},
    )

    assert {"I3", "I6", "I7"} <= red(undecided)
    assert red(replace(undecided, plan=Plan(least_hits=0, mode="C"))) & {"I3", "I6", "I7"} == set()
