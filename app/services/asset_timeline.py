"""What happened to an asset's purchase, in plain words for whoever bought it."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Viewer
from app.domain.purchase import PurchaseState
from app.domain.sentences import said
from app.models import Purchase, PurchaseEvent
from app.services.asset_history import HistoryRow, change_in_words, history_of

_MOST_EVENTS = 200
_SENT_AGAIN = "tries_again"  # what a save set going, as asset_editing writes it


class Milestone(StrEnum):
    """What a customer is told. Attempts, codes and carts are the back office's business."""

    ORDERED = "ordered"
    SENT = "sent"
    SENT_AGAIN = "sent_again"
    CONFIRMED = "confirmed"
    SYNCHRONIZED = "synchronized"
    BEING_CHECKED = "being_checked"
    NOT_ACCEPTED = "not_accepted"
    APPROVED = "approved"
    INVOICED = "invoiced"
    CREDITED = "credited"
    REFRESHED = "refreshed"
    DRIFTED = "drifted"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    TAKEN_OVER = "taken_over"

    @property
    def label(self) -> str:
        return {
            Milestone.ORDERED: said("Ordered"),
            Milestone.SENT: said("Sent to Microsoft"),
            Milestone.SENT_AGAIN: said("Sent to Microsoft again by our staff"),
            Milestone.CONFIRMED: said("Confirmed by Microsoft"),
            Milestone.SYNCHRONIZED: said("Synchronized: it is ready to use"),
            Milestone.BEING_CHECKED: said("Being checked with Microsoft"),
            Milestone.NOT_ACCEPTED: said("Not accepted by Microsoft yet"),
            Milestone.APPROVED: said("Approved"),
            Milestone.INVOICED: said("Invoiced"),
            Milestone.CREDITED: said("Credited"),
            Milestone.REFRESHED: said("Completed from Microsoft"),
            Milestone.DRIFTED: said("Changed at Microsoft"),
            Milestone.EXPIRED: said("Expired"),
            Milestone.CANCELLED: said("Cancelled"),
            Milestone.TAKEN_OVER: said("Taken over from Microsoft"),
        }[self]


@dataclass(frozen=True)
class TimelineEntry:
    milestone: Milestone
    at: dt.datetime
    changes: tuple[str, ...] = ()  # in plain words, without what only staff may know


_OF_HISTORY = {
    "order_approved": Milestone.APPROVED,
    "invoiced": Milestone.INVOICED,
    "credited": Milestone.CREDITED,
    "refreshed": Milestone.REFRESHED,
    "drifted": Milestone.DRIFTED,
    "expired": Milestone.EXPIRED,
    "expired_at_microsoft": Milestone.EXPIRED,
    "cancelled_at_microsoft": Milestone.CANCELLED,
    "given_up": Milestone.CANCELLED,
    "adopted": Milestone.TAKEN_OVER,
    "found_at_microsoft": Milestone.TAKEN_OVER,
}
# What a customer sees of Microsoft's side on the same page anyhow.
_OPEN_FIELDS = frozenset(
    {
        said("Expiration Date"),
        said("Reservation Status"),
        said("Reservation ID"),
        said("Reservation Order ID"),
        said("Scope"),
        said("Software ID"),
        said("Order ID Alias"),
        said("Quantity"),
    }
)


def timeline_for_customer(
    session: Session,
    viewer: Viewer,
    asset_id: UUID,
    *,
    purchased_at: dt.datetime,
    provisioned_at: dt.datetime | None,
) -> list[TimelineEntry]:
    """The milestones, newest first, in two statements. An asset without a history has its two
    dates."""
    query = (
        sa.select(
            PurchaseEvent.event,
            PurchaseEvent.state,
            PurchaseEvent.at,
            PurchaseEvent.detail["effect"].astext,
        )
        .join(Purchase, Purchase.id == PurchaseEvent.purchase_id)
        .where(Purchase.asset_id == asset_id)
        .order_by(PurchaseEvent.id.desc())
        .limit(_MOST_EVENTS)
    )
    entries = [TimelineEntry(Milestone.ORDERED, purchased_at)]
    for event, state, at, effect in reversed(session.execute(query).all()):
        milestone = _milestone(event, state, effect)
        if milestone and milestone is not entries[-1].milestone:
            entries.append(TimelineEntry(milestone, at))
    if provisioned_at and not _has(entries, Milestone.SYNCHRONIZED):
        entries.append(TimelineEntry(Milestone.SYNCHRONIZED, provisioned_at))
    newest_first = [*_of_history(history_of(session, viewer, asset_id)), *reversed(entries)]
    return sorted(newest_first, key=lambda entry: entry.at, reverse=True)


def _of_history(rows: Iterable[HistoryRow]) -> Iterator[TimelineEntry]:
    for row in rows:
        milestone = _OF_HISTORY.get(row.event)
        if milestone is not None:
            changes = tuple(
                change_in_words(*change) for change in row.changes if change[0] in _OPEN_FIELDS
            )
            yield TimelineEntry(milestone, row.at, changes)


def _milestone(event: str, state: PurchaseState, effect: str | None) -> Milestone | None:
    if event == "saved":
        return Milestone.SENT_AGAIN if effect == _SENT_AGAIN else None
    if event == "no_answer":
        return Milestone.BEING_CHECKED if state is PurchaseState.UNKNOWN else None
    return {
        "checkout_sent": Milestone.SENT,
        "ordered": Milestone.CONFIRMED,
        "synchronized": Milestone.SYNCHRONIZED,
        "failed": Milestone.NOT_ACCEPTED,
    }.get(event)


def _has(entries: Iterable[TimelineEntry], milestone: Milestone) -> bool:
    return any(entry.milestone is milestone for entry in entries)
