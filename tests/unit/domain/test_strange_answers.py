"""The purchase protocol under answers that are odd, late, or nobody's."""

import datetime as dt
from dataclasses import replace

import pytest

from app.domain import purchase_commands as c
from app.domain.purchase import PurchaseState
from app.domain.purchase_protocol import purchase_step
from app.domain.purchase_waits import DAY, LONGEST_WAIT, back_off
from tests.support.purchase_sim.steps import AS_AGREED, CART, step_with
from tests.support.purchase_sim.world import START, fresh_row


def test_a_retry_after_of_nothing_is_no_leave_to_ask_without_a_pause(sent):
    tired = replace(sent, attempts=5)

    said = step_with(tired, CART, c.Later("429", "slow down", 0.0))

    assert said[-1].again_in == back_off(5, tired.jitter)


NOT_OURS = c.Refused("20002", "no relationship with this customer")


def test_a_refused_purchase_of_a_customer_who_left_is_looked_for_daily_and_not_for_ever(refused):
    old = replace(refused, now=START + dt.timedelta(days=9))

    assert step_with(refused, NOT_OURS, NOT_OURS)[-1] == c.RecordStillOpen(DAY)
    assert step_with(old, NOT_OURS, NOT_OURS)[-1] == c.RecordStillOpen(None)


OURS = c.OrderSeen(
    order_id="order-9",
    alternate_id="",
    status="completed",
    ordered_at=None,
    product_id="PRODUCT",
    sku_id="0001",
    quantity=5,
    friendly_name="AST-000001-SIMULATE",
    customer_id="customer",
)


@pytest.mark.parametrize(
    "difference",
    [
        {"customer_id": "somebody else"},
        {"friendly_name": "AST-000002-SIMULATE"},
        {"sku_id": "0002"},
        {"quantity": 6},
        {"product_id": "7d4b1a80-0000-0000-0000-000000000000", "sku_id": "", "friendly_name": ""},
    ],
)
def test_another_order_is_never_taken_for_ours(sent, difference):
    said = step_with(sent, CART, replace(OURS, **difference))

    assert said[-1].state is PurchaseState.UNKNOWN
    assert not [command for command in said if isinstance(command, c.RecordOrder)]


@pytest.mark.parametrize(
    "spelling",
    [
        {"product_id": "product"},
        {"customer_id": "CUSTOMER"},
        {"friendly_name": ""},
        {"product_id": "7d4b1a80-0000-0000-0000-000000000000", "sku_id": ""},
    ],
    ids=["in another case", "of a customer in another case", "unnamed", "only named as ours"],
)
def test_our_order_is_known_in_each_spelling_of_microsoft(sent, spelling):
    ours = replace(OURS, **spelling)

    assert c.RecordOrder(ours) in step_with(sent, CART, ours, c.Silence("504", "time-out"))


def test_a_purchase_that_had_an_order_takes_no_other(sent):
    ended = replace(sent, order_id="order-1")

    said = step_with(ended, CART, OURS)

    assert (said[-1].code, said[-1].again_in) == ("order_differs", LONGEST_WAIT)


@pytest.mark.parametrize("end", [{"status": "cancelled"}, {"quantity": 0}])
def test_an_order_that_was_cancelled_at_microsoft_is_ours_and_failed(sent, end):
    cancelled = replace(OURS, **end)

    said = step_with(sent, CART, cancelled, cancelled)

    assert [type(command) for command in said][-3:] == [c.RecordOrder, c.ReadOrder, c.RecordFailed]
    assert said[-1].code == "order_cancelled"


@pytest.fixture
def bought(sent):
    return replace(sent, state=PurchaseState.SYNCHRONIZED, order_id="order-1")


@pytest.mark.parametrize(
    ("answer", "attempts", "again_in"),
    [
        (NOT_OURS, 0, None),
        (c.Silence("unreadable", "odd"), 0, 1.0),
        (c.Silence("unreadable", "odd"), 12, None),
        (c.Later("429", "slow down", 7.0), 1, 7.0),
    ],
)
def test_what_microsoft_will_not_tell_of_a_bought_asset_is_not_asked_for_ever(
    bought, answer, attempts, again_in
):
    (_, recorded) = step_with(replace(bought, attempts=attempts), answer)

    assert (recorded.state, recorded.again_in) == (PurchaseState.SYNCHRONIZED, again_in)


def test_a_refusal_is_none_while_the_cart_is_in_a_state_that_nobody_knows(sent):
    odd = replace(CART, is_active=False)

    said = step_with(sent, CART, c.Refused("800010", "no stock"), odd)

    assert isinstance(said[-1], c.RecordTrouble)
    assert (said[-1].state, said[-1].code) == (PurchaseState.CHECKOUT_SENT, "800010")


WISH = (AS_AGREED, c.Registration(is_registered=True), c.Inventory(is_restricted=False, reason=""))
_DONE = c.Details(is_fulfilled=True)


def paths(fresh, sent, refused, bought):
    """Rows with the answers that lead through every record of the protocol."""
    gone = replace(sent, state=PurchaseState.CART_READY, now=START + dt.timedelta(days=7))
    long_gone = replace(gone, cart_gone_at=START)
    stale = replace(refused, state=PurchaseState.CART_READY, cart_is_stale=True)
    return {
        "bought at once": (fresh, (*WISH, CART, OURS, OURS, _DONE)),
        "refused": (sent, (CART, c.Refused("800010", "no stock"), CART)),
        "silent": (sent, (CART, c.Silence("504", "time-out"))),
        "a late order": (refused, (CART, OURS, OURS, _DONE)),
        "taken over from a gone cart": (gone, (c.CartGone(), OURS, OURS, _DONE)),
        "a changed cart": (stale, (CART, *WISH, CART, CART, OURS, OURS, _DONE)),
        "a second cart": (
            replace(long_gone, may_start_new_cart=True),
            (c.CartGone(), c.NoOrder(), c.Traces(())),
        ),
        "read again": (bought, (_DONE,)),
    }


@pytest.mark.parametrize("path", paths(None, *[fresh_row()] * 3))
def test_whoever_was_overtaken_says_nothing_more_at_whichever_record(path, sent, refused, bought):
    row, answers = paths(fresh_row(), sent, refused, bought)[path]
    records = sum(isinstance(said, c.Record) for said in step_with(row, *answers))

    assert records > 0
    for last in range(records):
        said = step_with(row, *answers, grants=last)
        assert sum(isinstance(each, c.Record) for each in said) == last + 1
        assert isinstance(said[-1], c.Record)


@pytest.mark.parametrize(
    "answers",
    [
        (CART, c.NoOrder()),
        (CART, c.Refused("800010", "no stock"), c.NoOrder()),
        (CART, OURS, c.NoOrder()),
        (CART, OURS, OURS, c.NoOrder()),
    ],
    ids=["checkout", "cart", "order", "details"],
)
def test_an_answer_to_another_question_decides_nothing(sent, answers):
    """The lease ends, and the same is asked again."""
    said = step_with(sent, *answers)

    assert not isinstance(said[-1], c.Record)


def test_details_that_are_none_decide_nothing(bought):
    assert step_with(bought, c.NoOrder()) == [c.ReadDetails("order-1")]


@pytest.mark.parametrize(
    ("status", "details", "recorded"),
    [
        ("pending", None, {"order_status": "pending"}),
        ("Rebalancing", None, {"order_status": "Rebalancing"}),
        ("completed", c.Details(is_fulfilled=False), {"waiting_for": "fulfilment"}),
    ],
)
def test_an_order_that_is_not_done_yet_is_asked_for_again_soon(sent, status, details, recorded):
    ordered = replace(sent, state=PurchaseState.ORDERED, order_id="order-9")
    answers = [each for each in (replace(OURS, status=status), details) if each is not None]

    assert step_with(ordered, *answers)[-1] == c.RecordStillOpen(1.0, recorded)


def test_a_question_that_is_answered_like_a_record_is_a_mistake_of_ours(sent):
    core = purchase_step(sent)
    core.send(None)

    with pytest.raises(TypeError, match="as if it were a record"):
        core.send(True)
