"""The real purchase protocol under schedules that crash, pause, reorder, lose and double."""

from dataclasses import replace

import pytest

from tests.support.purchase_sim.explore import ExhaustionError, Explored, Limits, explore
from tests.support.purchase_sim.moves import calm, check_end, make, steps_of
from tests.support.purchase_sim.schedules import as_moves, as_text, replay, run
from tests.support.purchase_sim.world import ViolationError, World

BLOCKS = 10
SCHEDULES, MANY_SCHEDULES = 5_000, 50_000
DAY = 60 * 24  # minutes


def run_all(seeds):
    for seed in seeds:
        broken = run(seed).broken
        assert not broken, f"{broken}: python -m tests.support.purchase_sim {seed}"


@pytest.mark.parametrize("block", range(BLOCKS))
def test_whatever_happens_a_wish_is_bought_once_and_found(block):
    run_all(range(block, SCHEDULES, BLOCKS))


@pytest.mark.proof
@pytest.mark.timeout(900)
@pytest.mark.parametrize("block", range(BLOCKS))
def test_fifty_thousand_schedules_later_that_still_holds(block):
    run_all(range(SCHEDULES + block, SCHEDULES + MANY_SCHEDULES, BLOCKS))


def explored(limits):
    try:
        return explore(limits)
    except ExhaustionError as error:
        moves = as_text(error.moves)
        pytest.fail(f"{error}: python -m tests.support.purchase_sim '{moves}'")


# The counts are what makes it exhaustive: a schedule more or less is a change to look at.
TWO_WORKERS_THREE_CLAIMS = Explored(worlds=10_928, moves=66_133, schedules=9_252_809, longest=24)
WITH_A_SAVE = Explored(worlds=22_015, moves=92_348, schedules=10_263_924, longest=21)


def test_of_all_schedules_of_two_workers_and_two_crashes_not_one_buys_twice_or_loses():
    assert explored(Limits(claims=3, saves=(), waits=())) == TWO_WORKERS_THREE_CLAIMS


def test_of_all_schedules_with_a_save_and_half_an_hour_not_one_buys_twice_or_loses():
    assert explored(Limits(claims=2)) == WITH_A_SAVE


@pytest.mark.proof
@pytest.mark.by_hand
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("limits", "schedules"),
    [
        (Limits(claims=4, saves=(), waits=()), 1_802_419_139),  # who crashed is replaced
        (Limits(claims=3, saves=(4,)), 4_166_071_426),
        # the cart expires
        (Limits(claims=3, crashes=1, waits=(7 * DAY, 31)), 25_547_997_353),
    ],
)
def test_of_all_longer_schedules_not_one_buys_twice_or_loses(limits, schedules):
    assert explored(limits).schedules == schedules


def test_the_same_seed_is_the_same_schedule_and_its_moves_replay_it():
    first = run(4711)

    assert run(4711) == first
    assert as_moves(as_text(first.moves)) == first.moves
    assert replay(first.moves).world == first.world


ASLEEP_BEFORE_ITS_SEND = (
    "claim; go 0 fine; go 0 fine; go 0 fine; go 0 fine; go 0 ; go 0 ; wait 31; "
    "claim; go 1 fine; go 1 ; go 1 refused; go 1 fine; go 1 ; save None"
)


def test_a_send_in_the_carts_last_minutes_is_found_before_a_new_cart_is_thought_of():
    """What the model found: the cart is gone, and the list does not show its order yet."""
    world = World()
    for move in as_moves(ASLEEP_BEFORE_ITS_SEND):
        world = make(world, move)
    world = make(make(world, ("wait", 7 * DAY - 31 - 5)), ("go", 0, "fine"))
    world = make(make(world, ("wait", 10)), ("claim",))
    while len(world.workers) > 1:
        ways = steps_of(world, 1)
        world = make(world, ("go", 1, "not_listed" if "not_listed" in ways else ways[0]))

    end = calm(world)

    check_end(end)
    assert (len(end.provider.orders), end.generation) == (1, 1)


def test_the_promises_can_be_broken():
    world = World()
    for move in as_moves("claim; go 0 fine; go 0 fine; go 0 fine; go 0 fine; go 0 "):
        world = make(world, move)
    provider, _ = world.provider.execute("cart-0", world.now)

    with pytest.raises(ViolationError, match="never finished"):
        check_end(world.with_provider(provider))
    with pytest.raises(ViolationError, match="nobody will look"):
        make(replace(world.with_provider(provider), due_at=None), ("wait", 1))
