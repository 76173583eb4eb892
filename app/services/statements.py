"""The statement of an account: what was invoiced, credited and paid, with a running balance.

Balances are carried forward from month to month, so that no page reads all of history.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import reading
from app.domain.access import AccountKind, Permission, Viewer
from app.domain.errors import NotAllowedError, NotFoundError
from app.domain.money import ZERO
from app.models import Account
from app.services.balances import Month, read_ledger
from app.services.buying import accounts_visible_to
from app.services.statement_entries import (
    Entry,
    OpenItems,
    list_entries,
    list_open_items,
    moves,
    of_account,
)

MOST_SHOWN = 100  # entries, and open items of a currency, on a page; the file has every entry
_NO_OPEN_ITEMS = OpenItems(first=[], count=0, overdue=ZERO)


@dataclass(frozen=True, kw_only=True)
class CurrencyStatement:
    """All in one currency; an account has one as a rule."""

    currency: str
    opening: Decimal  # before the first day of the period
    months: list[Month]  # those of the period in which anything happened
    entries: list[Entry]  # the first of the period, MOST_SHOWN over all currencies
    entry_count: int  # in the whole period
    closing: Decimal  # at the end of the period
    still_open: OpenItems  # invoiced up to the period's end, as they stand today


@dataclass(frozen=True, kw_only=True)
class Statement:
    account_id: UUID
    account_name: str
    from_day: dt.date
    to_day: dt.date
    today: dt.date
    currencies: list[CurrencyStatement]


@dataclass(frozen=True, kw_only=True)
class Period:
    """This year up to today where nothing is said; in the order of time, whatever is said."""

    from_day: dt.date | None = None
    to_day: dt.date | None = None

    def days(self, today: dt.date) -> tuple[dt.date, dt.date]:
        first, last = sorted((self.from_day or today.replace(month=1, day=1), self.to_day or today))
        return first, last


THIS_YEAR = Period()


@dataclass(frozen=True, kw_only=True)
class EntryRow:
    """A line of the file."""

    currency: str
    entry: Entry


def get_statement(viewer: Viewer, account_id: UUID, period: Period = THIS_YEAR) -> Statement:
    """Raises NotFoundError. Four statements of SQL.

    Payments count on the day on which staff say that they arrived.
    """
    session = reading(viewer.scope)
    account, day = _account(session, viewer, account_id)
    first, last = period.days(day)
    ledger = read_ledger(session, viewer, account_id, (first, last))
    mine = of_account(viewer, account_id)
    opened = list_open_items(session, mine, (last, day), MOST_SHOWN)
    currencies = sorted({*ledger.currencies, *opened, account.currency})
    opening = {currency: ledger.opening(currency) for currency in currencies}
    entries = list_entries(session, moves(mine, first, last), opening, MOST_SHOWN)
    return Statement(
        account_id=account.id,
        account_name=account.name,
        from_day=first,
        to_day=last,
        today=day,
        currencies=[
            CurrencyStatement(
                currency=currency,
                opening=opening[currency],
                months=ledger.months(currency),
                entries=entries.get(currency, []),
                entry_count=ledger.entry_count(currency),
                closing=ledger.closing(currency),
                still_open=opened.get(currency, _NO_OPEN_ITEMS),
            )
            for currency in currencies
        ],
    )


def export_statement(
    viewer: Viewer, account_id: UUID, period: Period = THIS_YEAR
) -> Iterator[EntryRow]:
    """Every entry of the period, month after month. Between two no transaction is open."""
    if not viewer.may(Permission.EXPORT):
        raise NotAllowedError("Your role does not export lists.")
    session = reading(viewer.scope)
    account, day = _account(session, viewer, account_id)
    first, last = period.days(day)
    ledger = read_ledger(session, viewer, account_id, (first, last))
    currencies = sorted({*ledger.currencies, account.currency})
    balances = {currency: ledger.opening(currency) for currency in currencies}
    session.rollback()
    return _each_entry(viewer, account_id, balances, ledger.months_to_read())


def _each_entry(
    viewer: Viewer,
    account_id: UUID,
    balances: dict[str, Decimal],
    parts: list[tuple[dt.date, dt.date]],
) -> Iterator[EntryRow]:
    for first, last in parts:
        session = reading(viewer.scope)
        found = moves(of_account(viewer, account_id), first, last)
        entries = list_entries(session, found, balances, None)
        session.rollback()
        for currency, listed in entries.items():
            balances[currency] = listed[-1].balance
            yield from (EntryRow(currency=currency, entry=entry) for entry in listed)


def _account(session: Session, viewer: Viewer, account_id: UUID) -> tuple[Account, dt.date]:
    """Whoever is invoiced, and today: an end customer gets its invoices from its reseller."""
    found = session.execute(
        sa.select(Account, sa.func.current_date()).where(
            Account.id == account_id, accounts_visible_to(viewer)
        )
    ).one_or_none()
    if found is None:
        raise NotFoundError
    return found[0], found[1]


def is_invoiced_by_us(viewer: Viewer) -> bool:
    return viewer.account_kind in {AccountKind.RESELLER, AccountKind.DIRECT_CUSTOMER}
