"""Back office: exchange rates, for what Microsoft prices in another currency than is paid."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.database import reading, transaction
from app.domain.access import Permission, Viewer
from app.domain.audit import AuditEvent
from app.domain.errors import InvalidError, NotAllowedError
from app.models import CurrencyRate
from app.services.audit import NOTHING, Subject, audit


@dataclass(frozen=True, kw_only=True)
class RateRow:
    """One unit of `from_currency` is `rate` of `to_currency`."""

    from_currency: str  # ISO 4217
    to_currency: str
    rate: Decimal
    changed_at: dt.datetime


def list_rates(viewer: Viewer) -> list[RateRow]:
    query = sa.select(CurrencyRate).order_by(CurrencyRate.from_currency, CurrencyRate.to_currency)
    return [
        RateRow(
            from_currency=rate.from_currency,
            to_currency=rate.to_currency,
            rate=rate.rate,
            changed_at=rate.changed_at,
        )
        for rate in reading(viewer.scope).scalars(query)
    ]


def save_rate(viewer: Viewer, from_currency: str, to_currency: str, rate: Decimal) -> None:
    """Set the rate. Prices that were quoted or bought keep the rate they had."""
    _check_right(viewer)
    if from_currency == to_currency:
        raise InvalidError("Choose two different currencies.", field="to_currency")
    if rate <= 0:
        raise InvalidError("Enter a rate above 0.", field="rate")
    values = {"rate": rate, "changed_at": sa.func.now()}
    with transaction(viewer.scope) as session:
        before = session.scalar(_rate_of(from_currency, to_currency))
        change = ({"rate": before}, {"rate": rate})
        about = _subject(from_currency, to_currency)
        audit(session, viewer, AuditEvent.RATE_SAVED, about, change=change)
        session.execute(
            insert(CurrencyRate)
            .values(from_currency=from_currency, to_currency=to_currency, **values)
            .on_conflict_do_update(index_elements=["from_currency", "to_currency"], set_=values)
        )


def remove_rate(viewer: Viewer, from_currency: str, to_currency: str) -> None:
    """What needs the rate is no longer for sale. Removing it twice is removing it once."""
    _check_right(viewer)
    with transaction(viewer.scope) as session:
        removed = session.scalar(
            sa.delete(CurrencyRate)
            .where(
                CurrencyRate.from_currency == from_currency,
                CurrencyRate.to_currency == to_currency,
            )
            .returning(CurrencyRate.rate)
        )
        if removed is not None:
            change = ({"rate": removed}, NOTHING)
            about = _subject(from_currency, to_currency)
            audit(session, viewer, AuditEvent.RATE_REMOVED, about, change=change)


def _rate_of(from_currency: str, to_currency: str) -> sa.Select[Decimal]:
    return sa.select(CurrencyRate.rate).where(
        CurrencyRate.from_currency == from_currency, CurrencyRate.to_currency == to_currency
    )


def _subject(from_currency: str, to_currency: str) -> Subject:
    return Subject(kind="exchange rate", name=f"{from_currency} to {to_currency}")


def _check_right(viewer: Viewer) -> None:
    if not viewer.may(Permission.MANAGE_PRICES):
        raise NotAllowedError("Your role reads exchange rates; it does not change them.")
