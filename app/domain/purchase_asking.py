"""The purchase protocol's way to ask: what it cannot learn is recorded, and the step ends."""

from collections.abc import Generator

from app.domain.purchase import PurchaseState
from app.domain.purchase_commands import (
    Answer,
    ClaimedPurchase,
    Command,
    Later,
    NoAccess,
    RecordFailed,
    RecordTrouble,
    Refused,
    Silence,
)
from app.domain.purchase_waits import QUIET, back_off

Step = Generator[Command, Answer | bool, None]
Asking = Generator[Command, Answer | bool, Answer | None]


def ask(row: ClaimedPurchase, command: Command, *, keeps_state: bool = False) -> Asking:
    """Ask what costs nothing. None: it could not be answered and that is recorded.

    A refusal before any order is a failure for people to mend; one of a mere reading of an order
    that exists (`keeps_state`) is not.
    """
    answer = yield command
    if isinstance(answer, Refused) and not keeps_state and not was_sent(row):
        yield failure(row, answer.code, answer.message)
        return None
    if isinstance(answer, Refused | Later | Silence | NoAccess):
        yield trouble(row, answer)
        return None
    if isinstance(answer, bool):
        raise TypeError(f"{command} was answered as if it were a record.")
    return answer


def failure(row: ClaimedPurchase, code: str, message: str) -> RecordFailed:
    """A definite no to something else than the money call: an earlier send may still arrive."""
    again_in = None if row.checkout_first_sent_at is None else QUIET.total_seconds()
    return RecordFailed(code, message, answered_checkout=False, again_in=again_in)


def trouble(row: ClaimedPurchase, answer: Refused | Later | Silence | NoAccess) -> RecordTrouble:
    """Wait and come again; after half an hour without a definite answer people shall know."""
    wait = back_off(row.attempts, row.jitter)
    if isinstance(answer, Later) and answer.seconds:  # 0, or a date gone by, is no pause
        wait = answer.seconds
    state = row.state
    first = row.checkout_first_sent_at
    is_parked = isinstance(answer, Silence) and not row.resends_checkout
    is_long_ago = first is not None and row.now - first >= QUIET
    if was_sent(row) and (is_long_ago or is_parked):
        state = PurchaseState.UNKNOWN
    return RecordTrouble(
        state=state,
        code=answer.code,
        message=answer.message,
        again_in=wait,
        answered_checkout=isinstance(answer, Later | NoAccess),
    )


def was_sent(row: ClaimedPurchase) -> bool:
    return row.state in {PurchaseState.CHECKOUT_SENT, PurchaseState.UNKNOWN}
