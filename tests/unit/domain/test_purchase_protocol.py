"""The purchase protocol rule by rule, word for word."""

import datetime as dt
from dataclasses import replace

import pytest

from app.domain import purchase_commands as c
from app.domain.assets import ProvisioningSyncStatus
from app.domain.errors import ConflictError
from app.domain.purchase import PurchaseState, allowed_moves, check_move, sync_status_of
from app.domain.purchase_waits import DAY, LONGEST_WAIT, QUIET, back_off
from tests.support.purchase_sim.steps import AS_AGREED, CART, step_with
from tests.support.purchase_sim.world import START, fresh_row


def test_silence_is_asked_again_with_the_same_cart(sent):
    said = step_with(sent, CART, c.Silence("504", "time-out"))

    assert c.CheckOut("cart-0") in said
    assert said[-1].state is PurchaseState.CHECKOUT_SENT


def test_after_half_an_hour_of_silence_it_is_being_checked_and_never_failed(sent):
    long_ago = replace(sent, now=START + QUIET)

    said = step_with(long_ago, CART, c.Silence("504", "time-out"))

    assert said[-1].state is PurchaseState.UNKNOWN


def test_a_refusal_counts_only_once_the_cart_was_not_ordered_by_another_send(sent):
    ordered = replace(CART, is_ordered=True)

    said = step_with(sent, CART, c.Refused("800010", "no stock"), ordered)

    assert isinstance(said[-1], c.RecordTrouble)
    assert said[-1].state is PurchaseState.CHECKOUT_SENT


def test_a_definite_refusal_keeps_the_cart_and_microsofts_words(sent):
    said = step_with(sent, CART, c.Refused("800010", "no stock"), CART)

    assert said[-1] == c.RecordFailed(
        "800010", "no stock", answered_checkout=True, again_in=QUIET.total_seconds()
    )


def test_throttling_waits_as_long_as_microsoft_says(sent):
    said = step_with(sent, CART, c.Later("429", "slow down", 57.0))

    assert said[-1].again_in == 57.0


def test_changed_parameters_wait_until_an_older_send_has_come_to_rest(sent):
    changed = replace(sent, state=PurchaseState.CART_READY, cart_is_stale=True)

    said = step_with(changed, CART)

    assert not [command for command in said if isinstance(command, c.UpdateCart | c.CheckOut)]
    assert said[-1].again_in == 20 * 60


def test_a_refusal_to_show_the_cart_leaves_no_earlier_send_forgotten(sent):
    saved_again = replace(sent, state=PurchaseState.CART_READY)

    said = step_with(saved_again, c.Refused("3000", "no"))

    assert said[-1] == c.RecordFailed(
        "3000", "no", answered_checkout=False, again_in=QUIET.total_seconds()
    )


@pytest.fixture
def cart_gone(sent):
    """Refused once and saved again; an older send was never answered, and its cart is gone now."""
    return replace(sent, state=PurchaseState.CART_READY, now=START + dt.timedelta(days=7))


def test_a_gone_cart_proves_nothing_on_the_day_it_goes(cart_gone):
    """The older send may have slept until the cart's last minute, and the list lags."""
    said = step_with(cart_gone, c.CartGone(), c.NoOrder())

    assert said[-1] == c.RecordCartGone(QUIET.total_seconds())


def test_half_an_hour_after_the_cart_went_its_order_is_listed_or_was_never_made(cart_gone):
    almost = replace(cart_gone, cart_gone_at=cart_gone.now - QUIET + dt.timedelta(minutes=1))
    by_now = replace(cart_gone, cart_gone_at=cart_gone.now - QUIET)

    assert step_with(almost, c.CartGone(), c.NoOrder())[-1] == c.RecordCartGone(60.0)
    nothing = (c.CartGone(), c.NoOrder(), c.Traces(()))
    assert step_with(by_now, *nothing)[-1] == c.RecordAbsence(24 * 3600.0)
    agreed = replace(by_now, may_start_new_cart=True)
    assert step_with(agreed, *nothing)[-1] == c.StartNewGeneration()


def test_where_every_send_was_refused_a_gone_cart_proves_absence_at_once(cart_gone):
    answered = replace(cart_gone, checkout_is_open=False, may_start_new_cart=True)

    said = step_with(answered, c.CartGone(), c.NoOrder(), c.Traces(()))

    assert said[-1] == c.StartNewGeneration()


def test_an_order_that_nothing_explains_forbids_a_second_cart(cart_gone):
    at_rest = replace(cart_gone, cart_gone_at=cart_gone.now - QUIET, may_start_new_cart=True)
    unknown = replace(at_rest, state=PurchaseState.UNKNOWN)
    answers = (c.CartGone(), c.NoOrder(), c.Traces(("somebody's",)))

    failed, checked = step_with(at_rest, *answers)[-1], step_with(unknown, *answers)[-1]

    assert (failed.code, checked.code) == ("unexplained_order", "unexplained_order")
    assert isinstance(failed, c.RecordFailed)
    assert checked.state is PurchaseState.UNKNOWN


def test_absence_is_not_proved_within_half_an_hour_of_the_last_send(cart_gone):
    answered = replace(
        cart_gone, checkout_is_open=False, checkout_last_sent_at=cart_gone.now - QUIET / 2
    )

    said = step_with(answered, c.CartGone(), c.NoOrder())

    assert said[-1] == c.RecordStillOpen(QUIET.total_seconds() / 2)


def test_where_sending_twice_may_buy_twice_silence_is_parked_at_once(sent):
    fresh = replace(
        sent, checkout_is_open=False, checkout_first_sent_at=None, resends_checkout=False
    )

    said = step_with(fresh, CART, c.Silence("504", "time-out"))

    assert said[-1].state is PurchaseState.UNKNOWN


@pytest.mark.parametrize(
    "state", [PurchaseState.CART_READY, PurchaseState.CHECKOUT_SENT, PurchaseState.UNKNOWN]
)
def test_what_was_parked_is_looked_for_and_never_sent_again(sent, state):
    parked = replace(
        sent, state=state, now=START + 3 * QUIET, checkout_is_open=True, resends_checkout=False
    )

    said = step_with(parked, CART, c.NoOrder(), c.Traces(()))

    assert c.CheckOut("cart-0") not in said
    assert isinstance(said[-1], c.RecordTrouble | c.RecordAbsence)


def test_a_definite_answer_may_be_followed_by_another_send_everywhere(sent):
    refused = replace(
        sent, state=PurchaseState.CART_READY, checkout_is_open=False, resends_checkout=False
    )

    said = step_with(refused, CART, AS_AGREED, c.Refused("800010", "no stock"), CART)

    assert c.CheckOut("cart-0") in said


def test_asking_again_for_an_order_that_the_cart_has_spends_nothing(sent):
    said = step_with(sent, replace(CART, is_ordered=True), c.Silence("504", "time-out"))

    assert c.RecordSent(is_bought=True) in said


def test_a_cart_that_differs_from_the_order_is_never_checked_out():
    said = step_with(
        fresh_row(),
        c.Item("PRODUCT:0001:AVAILABLE", fresh_row().wanted.cost, "EUR"),
        c.Registration(is_registered=True),
        c.Inventory(is_restricted=False, reason=""),
        replace(CART, quantity=50),
    )

    assert said[-1].code == "cart_differs"
    assert not [command for command in said if isinstance(command, c.CheckOut)]


def test_a_price_that_moved_is_refused_before_a_cart_is_made():
    said = step_with(fresh_row(), c.Item("PRODUCT:0001:AVAILABLE", None, None))

    assert [type(command) for command in said] == [c.ResolveItem, c.RecordFailed]


@pytest.fixture
def saved_again(refused):
    return replace(refused, state=PurchaseState.CART_READY)


@pytest.mark.parametrize(
    "moved", [replace(AS_AGREED, cost=AS_AGREED.cost + 1), replace(AS_AGREED, currency="USD")]
)
def test_the_cost_is_read_again_before_a_kept_cart_is_checked_out(saved_again, moved):
    said = step_with(saved_again, CART, moved)

    assert [type(command) for command in said] == [c.ReadCart, c.ResolveItem, c.RecordFailed]
    assert said[-1].code == "price_changed"
    assert said[-1].again_in == QUIET.total_seconds()  # it was sent once: it is looked at again


def test_at_the_same_cost_a_kept_cart_is_checked_out(saved_again):
    said = step_with(saved_again, CART, AS_AGREED, c.Silence("504", "time-out"))

    assert [type(command) for command in said][2:4] == [c.RecordSent, c.CheckOut]


def test_a_cart_that_is_ordered_is_asked_for_its_order_at_any_cost(saved_again):
    said = step_with(saved_again, replace(CART, is_ordered=True), c.Silence("504", "time-out"))

    assert c.ResolveItem() not in said
    assert c.CheckOut("cart-0") in said


def test_what_was_sent_and_not_answered_is_sent_again_at_any_cost(sent):
    said = step_with(sent, CART, c.Silence("504", "time-out"))

    assert c.ResolveItem() not in said


def test_a_refused_purchase_whose_cart_is_ordered_is_looked_for_until_it_is_listed(refused):
    said = step_with(refused, replace(CART, is_ordered=True), c.NoOrder())

    assert said[:2] == [c.ReadCart("cart-0"), c.FindOrder()]
    assert said[-1].again_in == LONGEST_WAIT


@pytest.mark.parametrize("cart", [CART, c.CartGone(), c.Refused("20003", "no such cart")])
def test_a_refused_purchase_whose_cart_is_not_ordered_is_looked_for_once_a_day(refused, cart):
    said = step_with(refused, cart, c.NoOrder())

    assert said == [c.ReadCart("cart-0"), c.FindOrder(), c.RecordStillOpen(DAY)]


def test_where_the_cart_does_not_answer_nothing_else_is_asked(refused):
    said = step_with(refused, c.Later("429", "slow down", 7.0))

    assert [type(command) for command in said] == [c.ReadCart, c.RecordTrouble]
    assert (said[-1].state, said[-1].again_in) == (PurchaseState.FAILED, 7.0)


def test_a_purchase_with_an_order_is_only_read(sent):
    bought = replace(sent, state=PurchaseState.SYNCHRONIZED, order_id="order-1")

    said = step_with(bought, c.Details(is_fulfilled=True, software_id="there now"))

    assert [type(command) for command in said] == [c.ReadDetails, c.RecordSynchronized]


@pytest.mark.parametrize("start", PurchaseState)
@pytest.mark.parametrize("end", PurchaseState)
def test_only_the_moves_of_the_graph_are_allowed(start, end):
    if start is end or (start, end) in allowed_moves():
        check_move(start, end)
    else:
        with pytest.raises(ConflictError):
            check_move(start, end)


def test_what_is_perhaps_bought_is_never_shown_as_failed():
    perhaps = {PurchaseState.CHECKOUT_SENT, PurchaseState.UNKNOWN, PurchaseState.ORDERED}

    shown = {sync_status_of(state) for state in perhaps}

    assert ProvisioningSyncStatus.FAILED not in shown


@pytest.mark.parametrize("attempts", [0, 1, 5, 12, 500])
def test_waits_grow_to_a_quarter_of_an_hour_at_most(attempts):
    assert 0.5 <= back_off(attempts, 0.999) <= 15 * 60
