"""What happened to an asset from its order to its end, beside the steps of its purchases."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from app.domain.access import Viewer
from app.domain.invoices import InvoiceKind
from app.domain.sentences import Sentence, said
from app.models import Asset, AssetEvent, Invoice, InvoiceLine, Order
from app.services.provisioning_timeline import TimelineEvent
from app.services.visibility import visible_to

_MOST = 200
_NOTHING = sa.cast(sa.literal("{}"), JSONB)
_TITLES = {
    "order_placed": said("Ordered"),
    "order_approved": said("Approved"),
    "expired": said("Expired"),
    "refreshed": said("Completed from Microsoft"),
    "drifted": said("Changed at Microsoft"),
    "drift_gone": said("Agrees with Microsoft again"),
    "expired_at_microsoft": said("Expired at Microsoft"),
    "cancelled_at_microsoft": said("Cancelled at Microsoft"),
    "adopted": said("Adopted: it was bought outside"),
    "found_at_microsoft": said("Found at Microsoft and made again"),
    "given_up": said("Given up: nothing was bought"),
    "invoiced": said("Invoiced"),
    "credited": said("Credited"),
}


@dataclass(frozen=True, kw_only=True)
class HistoryRow:
    """One line, for both faces; each shows what its people may know."""

    event: str
    at: dt.datetime
    actor: str
    detail: dict[str, Any]

    @property
    def changes(self) -> tuple[tuple[str, str | None, str | None], ...]:
        """(field, ours or before, Microsoft's) of a reading."""
        changes = self.detail.get("changes") or {}
        return tuple((field, ours, microsoft) for field, (ours, microsoft) in changes.items())


def history_of(session: Session, viewer: Viewer, asset_id: UUID) -> list[HistoryRow]:
    """The newest first, in one statement. The asset itself is known to be the viewer's to see;
    invoices are those that the viewer's account gets."""
    events = sa.select(
        AssetEvent.at.label("at"), AssetEvent.event, AssetEvent.actor, AssetEvent.detail
    ).where(AssetEvent.asset_id == asset_id)
    order = sa.select(Asset.order_id).where(Asset.id == asset_id).scalar_subquery()
    placed = sa.select(
        Order.placed_at, sa.literal("order_placed"), Order.placed_by_name, _NOTHING
    ).where(Order.id == order, Order.placed_at.is_not(None))
    approved = sa.select(
        Order.executed_at, sa.literal("order_approved"), Order.decided_by_name, _NOTHING
    ).where(Order.id == order, Order.executed_at.is_not(None), Order.decided_by_name.is_not(None))
    found = sa.union_all(events, placed, approved, _invoiced(viewer, asset_id)).subquery()
    query = sa.select(found).order_by(found.c.at.desc(), _of_one_instant(found.c.event).desc())
    return [
        HistoryRow(event=row.event, at=row.at, actor=row.actor, detail=row.detail)
        for row in session.execute(query.limit(_MOST))
    ]


def _of_one_instant(event: sa.ColumnElement[str]) -> sa.ColumnElement[int]:
    """One transaction orders, approves, makes the asset and invoices it: in this order."""
    ranks = {"order_placed": 0, "order_approved": 1, "invoiced": 3, "credited": 3}
    return sa.case(ranks, value=event, else_=2)


def _invoiced(viewer: Viewer, asset_id: UUID) -> sa.Select[*tuple[Any, ...]]:
    is_credit = Invoice.kind == InvoiceKind.CREDIT_NOTE
    return (
        sa.select(
            Invoice.issued_at,
            sa.case((is_credit, "credited"), else_="invoiced"),
            Invoice.issued_by,
            sa.func.jsonb_build_object("reason", Invoice.number, type_=JSONB),
        )
        .join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id)
        .where(InvoiceLine.asset_id == asset_id, visible_to(viewer, Invoice))
    )


def whole_story(
    steps: tuple[TimelineEvent, ...], history: list[HistoryRow]
) -> tuple[TimelineEvent, ...]:
    """The purchases' steps and everything else in one line, the newest first."""
    told = [*steps, *(_in_words(row) for row in history)]
    return tuple(sorted(told, key=lambda event: event.at, reverse=True))


def change_in_words(field: str, before: str | None, after: str | None) -> Sentence:
    """A field with both values, for either face."""
    return said(
        "%(field)s: %(before)s → %(after)s",
        field=said(field),
        before=before or said("none"),
        after=after or said("none"),
    )


def _in_words(row: HistoryRow) -> TimelineEvent:
    return TimelineEvent(
        name=row.event,
        title=_TITLES.get(row.event, row.event.replace("_", " ").capitalize()),
        at=row.at,
        actor=row.actor,
        code=None,
        words=row.detail.get("reason") or None,
        changes=tuple(change_in_words(*change) for change in row.changes),
        request_id=None,
        correlation_id=None,
        detail=json.dumps({"event": row.event, **row.detail}, indent=2, ensure_ascii=False),
    )
