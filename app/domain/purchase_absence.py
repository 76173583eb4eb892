"""The proof that nothing was bought, before a wish may get a second cart."""

import datetime as dt

from app.domain.purchase import PurchaseState
from app.domain.purchase_asking import Step, ask
from app.domain.purchase_commands import (
    ClaimedPurchase,
    FindTraces,
    RecordAbsence,
    RecordFailed,
    RecordTrouble,
    StartNewGeneration,
    Traces,
)
from app.domain.purchase_waits import DAY


def prove_absence(row: ClaimedPurchase, since: dt.datetime) -> Step:
    """No order in any list and half an hour of quiet: is the item newly there all the same?"""
    traces = yield from ask(row, FindTraces(since))
    if not isinstance(traces, Traces):
        return
    if traces.order_ids:
        yield _unexplained(row, ", ".join(traces.order_ids))
    elif row.may_start_new_cart:
        yield StartNewGeneration()
    else:
        yield RecordAbsence(DAY)


def _unexplained(row: ClaimedPurchase, order_ids: str) -> RecordFailed | RecordTrouble:
    code = "unexplained_order"
    message = f"Microsoft shows this item in an order that nothing of ours explains: {order_ids}."
    if row.state is PurchaseState.UNKNOWN:
        return RecordTrouble(state=row.state, code=code, message=message, again_in=DAY)
    return RecordFailed(code, message, answered_checkout=False, again_in=DAY)
