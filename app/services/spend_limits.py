"""How much may be spent: for one purchase, in an hour for one account, in an hour altogether."""

from dataclasses import asdict, dataclass
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa

from app.database import reading, transaction
from app.domain.access import SYSTEM_SCOPE, AccountKind, Permission, Viewer
from app.domain.audit import AuditEvent
from app.domain.errors import InvalidError, NotAllowedError, NotFoundError
from app.domain.purchase_guards import SpendLimits
from app.models import Account, Control, ControlEvent, Purchase
from app.services.audit import audit
from app.services.audit_subjects import of_account
from app.services.buying import accounts_visible_to
from app.services.control import PROVISIONING, lock_control
from app.services.spending import limits_of

_MOST = Decimal(10) ** 12
_CURRENCY_LETTERS = 3


@dataclass(frozen=True, kw_only=True)
class AccountLimit:
    account_id: UUID
    account_name: str
    amount: Decimal | None  # None: the limit for all holds


def get_limits(viewer: Viewer) -> SpendLimits:
    return limits_of(reading(viewer.scope).scalars(sa.select(Control)).one())


def list_account_limits(viewer: Viewer) -> list[AccountLimit]:
    """Accounts with an hourly limit of their own, by name."""
    rows = reading(viewer.scope).execute(
        sa.select(Account.id, Account.name, Account.hourly_spend_limit)
        .where(Account.hourly_spend_limit.is_not(None), accounts_visible_to(viewer))
        .order_by(Account.name, Account.id)
    )
    return [AccountLimit(account_id=row[0], account_name=row[1], amount=row[2]) for row in rows]


def get_account_limit(viewer: Viewer, account_id: UUID) -> AccountLimit:
    account = reading(viewer.scope).scalar(_limited(viewer, account_id))
    if account is None:
        raise NotFoundError
    return AccountLimit(
        account_id=account.id, account_name=account.name, amount=account.hourly_spend_limit
    )


def set_limits(viewer: Viewer, limits: SpendLimits) -> None:
    """From the next purchase on, and for those that wait: they are looked at again at once."""
    _check_may_set(viewer)
    for field in ("four_eyes_above", "per_account", "altogether"):
        _check_amount(getattr(limits, field), field)
    currency = limits.currency.strip().upper()
    if len(currency) != _CURRENCY_LETTERS or not (currency.isascii() and currency.isalpha()):
        raise InvalidError("Write a currency as three letters, such as EUR.", field="currency")
    with transaction(viewer.scope) as session:
        control = lock_control(session)
        before = asdict(limits_of(control))
        control.spend_currency = currency
        control.four_eyes_above = limits.four_eyes_above
        control.account_hourly_limit = limits.per_account
        control.hourly_limit = limits.altogether
        names = ("four_eyes_above", "per_account", "altogether")
        detail = {name: _text(getattr(limits, name)) for name in names} | {"currency": currency}
        session.add(ControlEvent(event="limits", actor=viewer.name, detail=detail))
        change = (before, asdict(limits_of(control)))
        audit(session, viewer, AuditEvent.LIMITS_CHANGED, PROVISIONING, change=change)
    wake_what_waits()


def set_account_limit(viewer: Viewer, account_id: UUID, amount: Decimal | None) -> None:
    """An account's own hourly limit instead of the one for all; None takes it away again."""
    _check_may_set(viewer)
    _check_amount(amount, "amount")
    with transaction(viewer.scope) as session:
        lock_control(session)  # no purchase is being counted meanwhile
        account = session.scalar(_limited(viewer, account_id))
        if account is None:
            raise NotFoundError
        change = ({"limit": account.hourly_spend_limit}, {"limit": amount})
        about = of_account(account)
        audit(session, viewer, AuditEvent.ACCOUNT_LIMIT_CHANGED, about, change=change)
        account.hourly_spend_limit = amount
        detail = {"account": str(account_id), "limit": _text(amount)}
        session.add(ControlEvent(event="account_limit", actor=viewer.name, detail=detail))
    wake_what_waits()


def _limited(viewer: Viewer, account_id: UUID) -> sa.Select[Account]:
    """The account, where the viewer sees it and it is one that buys."""
    return sa.select(Account).where(
        Account.id == account_id,
        Account.kind != AccountKind.DISTRIBUTOR,
        accounts_visible_to(viewer),
    )


def wake_what_waits() -> None:
    """Let what is held back be looked at again now. Never what a worker holds."""
    now = sa.func.now()
    with transaction(SYSTEM_SCOPE) as session:
        session.execute(
            sa.update(Purchase)
            .where(
                Purchase.waits_for.is_not(None),
                sa.or_(Purchase.lease_until.is_(None), Purchase.lease_until < now),
            )
            .values(next_run_at=now, woken_at=None)
            .execution_options(synchronize_session=False)
        )


def _check_may_set(viewer: Viewer) -> None:
    if not viewer.may(Permission.ADMINISTER):
        raise NotAllowedError("Only administrators set spend limits.")


def _check_amount(amount: Decimal | None, field: str) -> None:
    if amount is not None and not 0 <= amount < _MOST:
        raise InvalidError("Enter an amount of 0 or more, or nothing for no limit.", field=field)


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
