"""What a person should look at now. The state is in PostgreSQL: it needs no outside service."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.database import reading, transaction
from app.domain.access import SYSTEM_SCOPE, Viewer
from app.domain.mail import MailState
from app.domain.purchase import PurchaseState
from app.domain.sentences import said
from app.models import (
    Account,
    Alert,
    AuditChain,
    Control,
    FailingJob,
    Heartbeat,
    Mail,
    MicrosoftConnection,
    Provider,
    Purchase,
    PurchaseEvent,
)
from app.services.control import numbers_are_sure
from app.services.heartbeats import START
from app.services.token_life import TOKEN_LIFE, WARNED_BEFORE

log = structlog.get_logger()

_OLD, _VERY_OLD = dt.timedelta(minutes=10), dt.timedelta(minutes=30)
_UNKNOWN_FOR = dt.timedelta(minutes=30)
_SILENCE = dt.timedelta(seconds=60)
_TO_COME_UP = dt.timedelta(seconds=60)  # beside the silence: the demo is loaded meanwhile
_HOUR = dt.timedelta(hours=1)
_SHARE_THAT_WARNS = Decimal("0.8")
_UNFINISHED = (
    PurchaseState.QUEUED,
    PurchaseState.CART_READY,
    PurchaseState.CHECKOUT_SENT,
    PurchaseState.ORDERED,
)


class AlertKind(StrEnum):
    OLDEST_UNFINISHED = "oldest_unfinished"
    UNKNOWN = "unknown"
    DISPATCHER_SILENT = "dispatcher_silent"
    SPEND_LIMIT = "spend_limit"
    PROVISIONING_OFF = "provisioning_off"
    INVOICE_NUMBERS = "invoice_numbers"
    HELD_MAILS = "held_mails"
    PROVIDER_DOWN = "provider_down"
    AUDIT_BROKEN = "audit_broken"
    JOB_FAILS = "job_fails"
    CONSENT_ENDS = "consent_ends"


class Severity(StrEnum):
    WARN = "warn"
    PAGE = "page"


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What is so now and should not be."""

    kind: AlertKind
    severity: Severity
    message: str


@dataclass(frozen=True, kw_only=True)
class OpenAlert(Condition):
    since: dt.datetime


def keep_alerts() -> None:
    """Open what has come up, close what is over. Any process may do it, any number of times."""
    with transaction(SYSTEM_SCOPE) as session:
        conditions = _conditions(session)
        for condition in conditions:
            _open(session, condition)
        session.execute(
            sa.update(Alert)
            .where(Alert.cleared_at.is_(None), Alert.kind.not_in([c.kind for c in conditions]))
            .values(cleared_at=sa.func.now())
        )


def list_alerts(viewer: Viewer) -> list[OpenAlert]:
    """What is open, the worst first. A silent dispatcher is seen at once, by this reading."""
    rows = reading(viewer.scope).execute(
        sa.select(Alert, _silence(), sa.func.now())
        .select_from(Control)
        .outerjoin(Alert, Alert.cleared_at.is_(None))
    )
    found: dict[AlertKind, OpenAlert] = {}
    for row in rows:
        alert: Alert | None = row[0]
        silence, now = row[1:]
        if alert is not None and alert.kind != AlertKind.DISPATCHER_SILENT:
            found[AlertKind(alert.kind)] = _as_open(alert)
        if silent := _silent_for(silence):
            if alert is not None and alert.kind == silent.kind:
                now = alert.since
            elif silent.kind in found:
                continue
            found[silent.kind] = OpenAlert(**vars(silent), since=now)
    return sorted(found.values(), key=lambda alert: (alert.severity, alert.since, alert.kind))


def _as_open(row: Alert) -> OpenAlert:
    return OpenAlert(
        kind=AlertKind(row.kind),
        severity=Severity(row.severity),
        message=row.message,
        since=row.since,
    )


def _open(session: Session, condition: Condition) -> None:
    """`since` is kept while it lasts; a new one begins where the last was cleared."""
    now = sa.func.now()
    values = {"severity": condition.severity, "message": condition.message}
    since = sa.case((Alert.cleared_at.is_not(None), now), else_=Alert.since)
    opened = session.scalar(
        insert(Alert)
        .values(kind=condition.kind, **values)
        .on_conflict_do_update(
            index_elements=["kind"], set_={**values, "since": since, "cleared_at": None}
        )
        .returning(Alert.since == now)
    )
    if opened:
        log.warning("alert.opened", kind=condition.kind, severity=condition.severity)


def _conditions(session: Session) -> list[Condition]:
    looks: tuple[Callable[[Session], Condition | None], ...] = (
        _oldest_unfinished,
        _unknown,
        _dispatcher_silent,
        _spend_limit,
        _provisioning_off,
        _invoice_numbers,
        _held_mails,
        _provider_down,
        _audit_broken,
        _job_fails,
        _token_ends,
    )
    return [condition for look in looks if (condition := look(session)) is not None]


def _ago(instant: sa.SQLColumnExpression[Any]) -> sa.ColumnElement[dt.timedelta]:
    return sa.type_coerce(sa.func.now() - instant, sa.Interval)


def _oldest_unfinished(session: Session) -> Condition | None:
    """By when it was queued, or saved again. What waits for people is on their own list."""
    saved = (
        sa.select(sa.func.max(PurchaseEvent.at))
        .where(PurchaseEvent.purchase_id == Purchase.id, PurchaseEvent.event == "saved")
        .correlate(Purchase)
        .scalar_subquery()
    )
    since = sa.func.min(sa.func.coalesce(saved, Purchase.created_at))
    oldest = session.scalar(
        sa.select(_ago(since)).where(Purchase.state.in_(_UNFINISHED), Purchase.waits_for.is_(None))
    )
    if oldest is None or oldest <= _OLD:
        return None
    minutes = int(oldest.total_seconds() // 60)
    return Condition(
        kind=AlertKind.OLDEST_UNFINISHED,
        severity=Severity.PAGE if oldest > _VERY_OLD else Severity.WARN,
        message=said("The oldest purchase is under way for %(minutes)s minutes.", minutes=minutes),
    )


def _unknown(session: Session) -> Condition | None:
    """Sent, and nobody knows whether it was bought. After half an hour somebody must come."""
    is_old = Purchase.checkout_first_sent_at < sa.func.now() - _UNKNOWN_FOR
    count, old = session.execute(
        sa.select(sa.func.count(), sa.func.count().filter(is_old)).where(
            Purchase.state == PurchaseState.UNKNOWN
        )
    ).one()
    if not count:
        return None
    words = said("%(count)s purchases are being checked with Microsoft.", count=count)
    if old:
        words = said(
            "%(count)s purchases are being checked with Microsoft for more than 30 minutes.",
            count=old,
        )
    severity = Severity.PAGE if old else Severity.WARN
    return Condition(kind=AlertKind.UNKNOWN, severity=severity, message=words)


def _silence() -> sa.ColumnElement[dt.timedelta]:
    """Since a dispatcher was heard. Where the system was just started it comes up first."""
    heard = sa.case((Heartbeat.kind == START, Heartbeat.at + _TO_COME_UP), else_=Heartbeat.at)
    newest = sa.select(sa.func.max(heard)).where(Heartbeat.kind.in_([START, "dispatcher"]))
    return _ago(newest.scalar_subquery())


def _dispatcher_silent(session: Session) -> Condition | None:
    return _silent_for(session.scalar(sa.select(_silence())))


def _silent_for(silence: dt.timedelta | None) -> Condition | None:
    if silence is not None and silence <= _SILENCE:
        return None
    words = said("No dispatcher was ever heard.")
    if silence is not None:
        words = said(
            "No dispatcher was heard for %(silence)s seconds.", silence=int(silence.total_seconds())
        )
    return Condition(kind=AlertKind.DISPATCHER_SILENT, severity=Severity.PAGE, message=words)


def _spend_limit(session: Session) -> Condition | None:
    """Four fifths of an hour's money are spent: altogether, or by one account of its share."""
    control = session.scalars(sa.select(Control)).one()
    spent = session.execute(
        sa.select(sa.func.sum(Purchase.spend), Account.hourly_spend_limit)
        .join(Account, Account.id == Purchase.account_id)
        .where(
            Purchase.spent_at > sa.func.now() - _HOUR,
            Purchase.spend_currency == control.spend_currency,
        )
        .group_by(Account.id)
    ).all()
    altogether = sum((amount or Decimal(0) for amount, _own in spent), Decimal(0))
    general = control.account_hourly_limit
    if _is_near(altogether, control.hourly_limit):
        words = said(
            "This hour's purchases are at %(share)s of the limit for all accounts, or above.",
            share="80 %",
        )
    elif any(_is_near(amount, general if own is None else own) for amount, own in spent):
        words = said(
            "An account's purchases of this hour are at %(share)s of its limit, or above.",
            share="80 %",
        )
    else:
        return None
    return Condition(kind=AlertKind.SPEND_LIMIT, severity=Severity.WARN, message=words)


def _is_near(amount: Decimal | None, limit: Decimal | None) -> bool:
    if not amount or limit is None:
        return False
    return amount >= limit * _SHARE_THAT_WARNS


def _provisioning_off(session: Session) -> Condition | None:
    control = session.scalars(sa.select(Control)).one()
    if control.provisioning_enabled:
        return None
    return Condition(
        kind=AlertKind.PROVISIONING_OFF,
        severity=Severity.PAGE if control.restored_at else Severity.WARN,
        message=said("Provisioning is off: %(reason)s", reason=control.reason),
    )


def _invoice_numbers(session: Session) -> Condition | None:
    if session.scalar(sa.select(numbers_are_sure())):
        return None
    return Condition(
        kind=AlertKind.INVOICE_NUMBERS,
        severity=Severity.PAGE,
        message=said("Invoices wait: the database was restored and may not know the last numbers."),
    )


def _held_mails(session: Session) -> Condition | None:
    held = sa.select(sa.func.count()).where(Mail.state == MailState.HELD)
    if not (count := session.scalars(held).one()):
        return None
    return Condition(
        kind=AlertKind.HELD_MAILS,
        severity=Severity.WARN,
        message=said(
            "%(count)s mails from before the restore are held: they may have been sent.",
            count=count,
        ),
    )


def _audit_broken(session: Session) -> Condition | None:
    """As the last check found it."""
    problem = session.scalar(sa.select(AuditChain.problem))
    if not problem:
        return None
    return Condition(
        kind=AlertKind.AUDIT_BROKEN,
        severity=Severity.PAGE,
        message=f"The audit log was changed: {problem}",
    )


def _job_fails(session: Session) -> Condition | None:
    """It runs again every minute: what is older was another release's, or a silent dispatcher's."""
    lately = FailingJob.at > sa.func.now() - _OLD
    failing = sa.select(FailingJob.name).where(lately).order_by(FailingJob.since, FailingJob.name)
    names = session.scalars(failing).all()
    if not names:
        return None
    return Condition(
        kind=AlertKind.JOB_FAILS,
        severity=Severity.PAGE,
        message=said(
            "A job of the schedule fails: %(names)s. The log says why.", names=", ".join(names)
        ),
    )


def _provider_down(session: Session) -> Condition | None:
    provider = session.scalars(sa.select(Provider)).one()
    if not provider.openings:
        return None
    return Condition(
        kind=AlertKind.PROVIDER_DOWN,
        severity=Severity.WARN,
        message=said("Microsoft does not answer: %(reason)s", reason=provider.reason),
    )


def _token_ends(session: Session) -> Condition | None:
    """The token of App+User ends when nobody uses it, and then a person has to consent again."""
    row = session.execute(
        sa.select(_ago(MicrosoftConnection.refreshed_at)).where(
            MicrosoftConnection.refresh_token.is_not(None)
        )
    ).one_or_none()
    if row is None or (left := TOKEN_LIFE - row[0]) > WARNED_BEFORE:
        return None
    is_over = left <= dt.timedelta()
    words = said("The consent at Microsoft ends in %(days)s days unless used.", days=left.days)
    return Condition(
        kind=AlertKind.CONSENT_ENDS,
        severity=Severity.PAGE if is_over else Severity.WARN,
        message=said("The consent at Microsoft is over. Give it again.") if is_over else words,
    )
