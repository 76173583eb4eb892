"""What happened to an asset's purchases, in words: who, when, what Microsoft said."""

import datetime as dt
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Permission, Viewer
from app.domain.assets import subscription_number
from app.domain.purchase import PurchaseState
from app.domain.sentences import said
from app.models import Purchase, PurchaseEvent, Subscription

_MOST_EVENTS = 200
_REPEATING = frozenset({"no_answer", "refreshed"})
_TITLES = {
    "queued": said("Queued for Microsoft"),
    "queued_again": said("Queued again with a new cart"),
    "cart_created": said("Cart prepared at Microsoft"),
    "cart_changed": said("Cart changed at Microsoft"),
    "checkout_sent": said("Order sent to Microsoft"),
    "ordered": said("Microsoft took the order"),
    "synchronized": said("Provisioned"),
    "refreshed": said("Read again from Microsoft"),
    "no_answer": said("No definite answer yet"),
    "cart_expired": said("The cart expired at Microsoft; looking for its order"),
    "cart_gone": said("The cart is gone at Microsoft"),
    "abandoned": said("Given up: nothing was bought"),
    "saved": said("Edited and saved"),
    "held_back": said("Held back before it was sent"),
    "absence_proved": said("Looked everywhere: nothing was bought"),
    "approval_given": said("Approved by a first person"),
    "approved": said("Approved by a second person"),
}
_FIELDS = {
    "name": said("Name"),
    "quantity": said("Quantity"),
    "subscription_id": said("Azure plan"),
}
_SECRET = re.compile(r"token|secret|password|authorization|cookie|assertion", re.IGNORECASE)
_PRICE_CHANGED = "price_changed"


@dataclass(frozen=True, kw_only=True)
class TimelineEvent:
    """One step. `times` counts the same step repeated; `at` is the newest of them."""

    name: str
    title: str
    at: dt.datetime
    actor: str
    code: str | None
    words: str | None
    changes: tuple[str, ...]
    request_id: str | None
    correlation_id: str | None
    detail: str  # JSON, without secrets
    times: int = 1


def words_for(viewer: Viewer, code: str | None, message: str | None) -> str | None:
    """Microsoft's words, without costs for those who may not know them."""
    if code == _PRICE_CHANGED and not viewer.may(Permission.VIEW_COST):
        return said("Microsoft's price changed.")
    return message


def timeline_of(session: Session, viewer: Viewer, asset_id: UUID) -> list[TimelineEvent]:
    """Every step of the asset's purchases, the newest first."""
    rows = session.scalars(
        sa.select(PurchaseEvent)
        .join(Purchase, Purchase.id == PurchaseEvent.purchase_id)
        .where(Purchase.asset_id == asset_id)
        .order_by(PurchaseEvent.id.desc())
        .limit(_MOST_EVENTS)
    ).all()
    return in_words(viewer, rows[::-1], _plan_numbers(session, rows))


def in_words(
    viewer: Viewer, rows: Iterable[PurchaseEvent], plan_numbers: dict[str, str]
) -> list[TimelineEvent]:
    """`rows` from the oldest on; the answer begins with the newest."""
    events: list[TimelineEvent] = []
    attempt, state = 1, None
    for row in rows:
        if row.event == "saved" and state is PurchaseState.FAILED and row.state is not state:
            attempt += 1
        state = row.state
        event = _event(viewer, row, attempt, plan_numbers)
        if events and _repeats(events[-1], event):
            events[-1] = replace(event, times=events[-1].times + 1)
        else:
            events.append(event)
    return events[::-1]


def _event(
    viewer: Viewer, row: PurchaseEvent, attempt: int, plan_numbers: dict[str, str]
) -> TimelineEvent:
    words = words_for(viewer, row.error_code, row.message)
    title = _TITLES.get(row.event, row.event.replace("_", " ").capitalize())
    return TimelineEvent(
        name=row.event,
        title=said("Attempt %(attempt)s failed", attempt=attempt)
        if row.event == "failed"
        else title,
        at=row.at,
        actor=row.actor,
        code=row.error_code,
        words=words,
        changes=_changes(row.detail, plan_numbers),
        request_id=row.ms_request_id,
        correlation_id=row.ms_correlation_id,
        detail=_as_json(row, words),
    )


def _repeats(before: TimelineEvent, event: TimelineEvent) -> bool:
    same = (before.name, before.code, before.words) == (event.name, event.code, event.words)
    return same and event.name in _REPEATING


def _changes(detail: dict[str, Any], plan_numbers: dict[str, str]) -> tuple[str, ...]:
    changed = detail.get("changed") or {}
    return tuple(
        f"{_FIELDS.get(name, name)}: {plan_numbers.get(old, old)} → {plan_numbers.get(new, new)}"
        for name, (old, new) in changed.items()
    )


def _plan_numbers(session: Session, rows: Sequence[PurchaseEvent]) -> dict[str, str]:
    """The Azure plans that were exchanged, by id; asks nothing where none was."""
    ids = {
        UUID(plan_id)
        for row in rows
        for plan_id in (row.detail.get("changed") or {}).get("subscription_id", ())
    }
    if not ids:
        return {}
    query = sa.select(Subscription.id, Subscription.number).where(Subscription.id.in_(ids))
    return {str(row.id): subscription_number(row.number) for row in session.execute(query)}


def _as_json(row: PurchaseEvent, words: str | None) -> str:
    known = {
        "event": row.event,
        "state": row.state.value,
        "code": row.error_code,
        "message": words,
        "request_id": row.ms_request_id,
        "correlation_id": row.ms_correlation_id,
        **redacted(row.detail),
    }
    told = {name: value for name, value in known.items() if value not in (None, {}, "")}
    return json.dumps(told, indent=2, ensure_ascii=False)


def redacted(detail: Any) -> Any:
    """The same without what opens doors."""
    if isinstance(detail, dict):
        return {
            name: "[redacted]" if _SECRET.search(name) else redacted(value)
            for name, value in detail.items()
        }
    if isinstance(detail, list):
        return [redacted(value) for value in detail]
    return detail
