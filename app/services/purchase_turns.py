"""Whose turn it is at Microsoft: a step begins only where its customer's minute has room for it.

A step that our own budget stops half-way has spent calls for nothing, and has taken them from one
that could have ended. What is on its way comes before what is new, and both before what is bought
already and only read again.
"""

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from app.database import reading
from app.domain.access import SYSTEM_SCOPE
from app.domain.purchase import PurchaseState
from app.domain.purchase_commands import Later
from app.domain.purchase_waits import CALL_BUDGET, turn_wait
from app.integrations.microsoft import TryLaterError
from app.integrations.microsoft.call_budget import CallBudget
from app.models import Purchase
from app.services.purchase_rows import Claim

# Calls of a customer's minute that must be left. A purchase takes about eight from its beginning to
# its order; several workers look at once, and each may begin what it saw room for.
_ROOM_TO_GO_ON, _ROOM_TO_BEGIN, _ROOM_TO_READ_AGAIN = 16, 40, 100
_BEGINS = frozenset({PurchaseState.QUEUED, PurchaseState.FAILED})


def its_turn_comes_later(held: Claim, budget: CallBudget) -> Later | None:
    """None where its step may begin now. Who waits spreads over the time that all of them need."""
    try:
        budget.check_room(held.row.wanted.customer_id, _room_for(held.row.state))
    except TryLaterError as error:
        wait = turn_wait(error.retry_after or 0.0, waiting_with(held), held.row.jitter)
        return Later(error.code, error.message, wait)
    return None


def _room_for(state: PurchaseState) -> int:
    if state is PurchaseState.SYNCHRONIZED:
        return _ROOM_TO_READ_AGAIN
    return _ROOM_TO_BEGIN if state in _BEGINS else _ROOM_TO_GO_ON


def waiting_with(held: Claim) -> int:
    """How many of the same account wait for room, this one with them."""
    mine = aliased(Purchase)
    account_id = sa.select(mine.account_id).where(mine.id == held.purchase_id)
    others = sa.select(sa.func.count()).where(
        Purchase.account_id == account_id.scalar_subquery(),
        Purchase.next_run_at.is_not(None),
        Purchase.error_code == CALL_BUDGET,
        Purchase.id != held.purchase_id,
    )
    session = reading(SYSTEM_SCOPE)
    count = session.scalars(others).one()
    session.rollback()
    return count + 1
