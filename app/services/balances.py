"""An account's balance at any day, from what is kept by month: no history is read for it."""

import calendar
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import Viewer
from app.domain.money import ZERO
from app.models import BalanceMonth
from app.services.statement_entries import moves, of_account
from app.services.visibility import visible_to

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Month:
    """A whole month; `balance` is at its end."""

    first: dt.date
    last: dt.date
    entries: int
    moved: Decimal
    balance: Decimal


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """What is known of a period: months up to its end, and the days by which it cuts two of them.

    Rows are (what, currency, month, entries, moved); `what` is month, before or end.
    """

    first: dt.date
    last: dt.date
    rows: Sequence[Any]

    @property
    def currencies(self) -> set[str]:
        return {row.currency for row in self.rows}

    def opening(self, currency: str) -> Decimal:
        """Before the period's first day."""
        return self._upto(currency, self.first, "before")[1]

    def closing(self, currency: str) -> Decimal:
        """At the end of its last day."""
        return self._upto(currency, self.last, "end")[1]

    def entry_count(self, currency: str) -> int:
        before, _ = self._upto(currency, self.first, "before")
        return self._upto(currency, self.last, "end")[0] - before

    def months(self, currency: str) -> list[Month]:
        """Those of the period in which anything happened, each of them whole."""
        balance, months = ZERO, []
        rows = [row for row in self.rows if row.currency == currency and row.what == "month"]
        for row in sorted(rows, key=lambda row: row.month):
            balance += row.moved
            if row.month >= self.first.replace(day=1) and row.entries:
                months.append(_month(row, balance))
        return months

    def months_to_read(self) -> list[tuple[dt.date, dt.date]]:
        """The days of the period, month by month, where anything happened."""
        months = {row.month for row in self.rows if row.what == "month" and row.entries}
        return [
            (max(month, self.first), min(_end_of(month), self.last))
            for month in sorted(months)
            if month >= self.first.replace(day=1)
        ]

    def _upto(self, currency: str, day: dt.date, what: str) -> tuple[int, Decimal]:
        month = day.replace(day=1)
        counted = [
            row
            for row in self.rows
            if row.currency == currency
            and (row.what == what or (row.what == "month" and row.month < month))
        ]
        return sum(row.entries for row in counted), sum((row.moved for row in counted), ZERO)


def read_ledger(
    session: Session, viewer: Viewer, account_id: UUID, period: tuple[dt.date, dt.date]
) -> Ledger:
    """One statement."""
    first, last = period
    mine = of_account(viewer, account_id)
    kept = sa.select(
        sa.literal("month").label("what"),
        BalanceMonth.currency,
        BalanceMonth.month,
        BalanceMonth.entries,
        BalanceMonth.moved,
    ).where(
        visible_to(viewer, BalanceMonth),
        BalanceMonth.account_id == account_id,
        BalanceMonth.month <= last,
    )
    parts = [_summed("end", moves(mine, last.replace(day=1), last))]
    if first.day > 1:
        parts.append(_summed("before", moves(mine, first.replace(day=1), first - _DAY)))
    return Ledger(first=first, last=last, rows=session.execute(sa.union_all(kept, *parts)).all())


def _summed(what: str, found: sa.CompoundSelect[Any]) -> sa.Select[Any]:
    rows = found.subquery()
    columns = rows.c
    return sa.select(
        sa.literal(what),
        columns.currency,
        sa.null().cast(sa.Date),
        sa.func.count(),
        sa.func.sum(columns.amount),
    ).group_by(columns.currency)


def _month(row: Any, balance: Decimal) -> Month:
    return Month(
        first=row.month,
        last=_end_of(row.month),
        entries=row.entries,
        moved=row.moved,
        balance=balance,
    )


def _end_of(month: dt.date) -> dt.date:
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])
