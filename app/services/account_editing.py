"""Back office: a new account, and changing one, with the history of its changes."""

import datetime as dt
import hashlib
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy import orm
from sqlalchemy.orm import Session

from app.database import reading, transaction
from app.domain.access import AccountKind, Permission, Viewer
from app.domain.assets import account_number
from app.domain.audit import AuditEvent
from app.domain.errors import InvalidError, NotAllowedError, NotFoundError
from app.domain.languages import Language
from app.domain.orders import OrderStatus
from app.domain.sentences import said
from app.models import (
    Account,
    AccountEvent,
    Asset,
    Invoice,
    MarketplaceOptions,
    Order,
    PriceList,
    Subscription,
)
from app.services.account_fields import LABELS, AccountFields, check_fields, fields_of
from app.services.audit import audit
from app.services.audit_subjects import of_account
from app.services.buying import accounts_visible_to

log = structlog.get_logger(__name__)

NEW_KINDS = (AccountKind.RESELLER, AccountKind.END_CUSTOMER, AccountKind.DIRECT_CUSTOMER)
_HISTORY = 50
_CURRENCY_REASON = said(
    "Fixed: its orders, assets and invoices are in this currency, and amounts are never converted"
    " afterwards. Another currency needs another account."
)
_TENANT_REASON = said(
    "Fixed: its Azure plans and assets live in this tenant at Microsoft, which does not move them."
    " Another tenant needs another account."
)
_RESELLER_REASON = said(
    "Fixed: its orders and assets keep the prices that this reseller pays, which no other may see."
)


@dataclass(frozen=True, kw_only=True)
class AccountToEdit:
    """`fixed` says why a field cannot change any more. `version` goes back with the form."""

    id: UUID
    number: str
    kind: AccountKind
    fields: AccountFields
    version: str
    fixed: dict[str, str]
    price_lists: tuple[tuple[UUID, str], ...]


@dataclass(frozen=True, kw_only=True)
class BlankAccount:
    """`fields` are the marketplace's own country, currency and time zone."""

    fields: AccountFields
    price_lists: tuple[tuple[UUID, str], ...]


@dataclass(frozen=True, kw_only=True)
class AccountDifference:
    label: str
    now: str
    typed: str
    is_open: bool = True  # the typed value can still be stored


@dataclass(frozen=True, kw_only=True)
class AccountConflict:
    form: AccountToEdit
    differences: tuple[AccountDifference, ...]


@dataclass(frozen=True, kw_only=True)
class AccountEventRow:
    """`changes` are (label, before, after), in words."""

    at: dt.datetime
    actor: str
    event: str  # created, changed
    changes: tuple[tuple[str, str, str], ...]


def get_account_to_edit(viewer: Viewer, account_id: UUID) -> AccountToEdit:
    """Four statements."""
    _check_may_edit(viewer)
    session = reading(viewer.scope)
    account, reseller_name = _find(session, viewer, account_id)
    return _to_edit(session, account, reseller_name)


def get_blank_account(viewer: Viewer) -> BlankAccount:
    _check_may_edit(viewer)
    session = reading(viewer.scope)
    options = session.scalars(sa.select(MarketplaceOptions)).one()
    texts: dict[str, Any] = dict.fromkeys(LABELS, "")
    begun = AccountFields(
        **{
            **texts,
            "country": options.country,
            "currency": options.currency,
            "timezone": options.timezone,
            "language": options.language,
            "price_list_id": None,
            "is_tax_exempt": False,
            "needs_approval": options.needs_approval,
            "may_order": True,
            "is_active": True,
        }
    )
    return BlankAccount(fields=begun, price_lists=_price_lists(session))


def create_account(viewer: Viewer, kind: AccountKind, wanted: AccountFields) -> UUID:
    """Raises InvalidError with the field that is wrong."""
    _check_may_edit(viewer)
    with transaction(viewer.scope) as session:
        if kind not in NEW_KINDS:
            raise InvalidError("Choose what kind of account it is.", field="kind")
        values = check_fields(session, kind, wanted, None)
        account = Account(kind=kind, **values)
        session.add(account)
        session.flush()
        session.add(_event(viewer, account.id, "created", {}))
        account_id = account.id
        audit(session, viewer, AuditEvent.ACCOUNT_ADDED, of_account(account))
    log.info("account.created", account_id=str(account_id), kind=kind.value, actor=viewer.email)
    return account_id


def save_account(
    viewer: Viewer, account_id: UUID, wanted: AccountFields, *, version: str
) -> AccountConflict | None:
    """Store the form, or say what differs where somebody saved meanwhile.

    The same form sent twice is saved once and is no conflict. Raises InvalidError with the field
    that is wrong, or that cannot change any more.
    """
    _check_may_edit(viewer)
    with transaction(viewer.scope) as session:
        account, reseller_name = _find(session, viewer, account_id, locks=True)
        form = _to_edit(session, account, reseller_name)
        if form.version != version:
            differences = _differences(session, form.fields, wanted)
            return AccountConflict(form=form, differences=differences) if differences else None
        _check_fixed(form, wanted)
        values = check_fields(session, account.kind, wanted, form.fields)
        for name, value in values.items():
            setattr(account, name, value)
        session.flush()
        session.refresh(account)
        after = fields_of(account, _reseller_name(session, account))
        changes = {
            each.label: [each.now, each.typed] for each in _differences(session, form.fields, after)
        }
        if changes:
            _tell(session, viewer, account, changes)
    log.info("account.saved", account_id=str(account_id), actor=viewer.email)
    return None


def list_account_events(viewer: Viewer, account_id: UUID) -> list[AccountEventRow]:
    """The newest first."""
    rows = reading(viewer.scope).scalars(
        sa.select(AccountEvent)
        .join(Account, Account.id == AccountEvent.account_id)
        .where(AccountEvent.account_id == account_id, accounts_visible_to(viewer))
        .order_by(AccountEvent.at.desc(), AccountEvent.id.desc())
        .limit(_HISTORY)
    )
    return [
        AccountEventRow(
            at=row.at,
            actor=row.actor,
            event=row.event,
            changes=tuple((label, *both) for label, both in row.changes.items()),
        )
        for row in rows
    ]


def _check_may_edit(viewer: Viewer) -> None:
    if not viewer.may(Permission.ADMINISTER):
        raise NotAllowedError("Your role reads accounts; it does not change them.")


def _find(
    session: Session, viewer: Viewer, account_id: UUID, *, locks: bool = False
) -> tuple[Account, str | None]:
    reseller = orm.aliased(Account)
    query = (
        sa.select(Account, reseller.name)
        .outerjoin(reseller, reseller.id == Account.reseller_id)
        .where(Account.id == account_id, accounts_visible_to(viewer))
    )
    row = session.execute(query.with_for_update(of=Account) if locks else query).one_or_none()
    if row is None:
        raise NotFoundError
    return row[0], row[1]


def _reseller_name(session: Session, account: Account) -> str | None:
    return session.scalar(sa.select(Account.name).where(Account.id == account.reseller_id))


def _to_edit(session: Session, account: Account, reseller_name: str | None) -> AccountToEdit:
    fields = fields_of(account, reseller_name)
    return AccountToEdit(
        id=account.id,
        number=account_number(account.number),
        kind=account.kind,
        fields=fields,
        version=_version(fields),
        fixed=_fixed(session, account),
        price_lists=_price_lists(session),
    )


def _version(fields: AccountFields) -> str:
    """Of what the form shows: whoever changed any of it, in either face, changed this."""
    told = repr(sorted(asdict(fields).items()))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _fixed(session: Session, account: Account) -> dict[str, str]:
    """What its books or Microsoft hold fast, field → why. One statement."""
    of_account = account.id
    is_placed = sa.or_(Order.status != OrderStatus.QUOTED, Order.quote_ends_at > sa.func.now())
    owner = sa.or_(Asset.account_id == of_account, Asset.tenant_id == of_account)
    has_assets, has_orders, has_invoices, has_plans = session.execute(
        sa.select(
            sa.exists().where(owner),
            sa.exists().where(Order.account_id == of_account, is_placed),
            sa.exists().where(Invoice.account_id == of_account),
            sa.exists().where(Subscription.account_id == of_account),
        )
    ).one()
    fixed: dict[str, str] = {}
    if has_assets or has_orders or has_invoices:
        fixed["currency"] = _CURRENCY_REASON
    if (has_assets or has_plans) and account.microsoft_tenant_id:
        fixed["microsoft_tenant_id"] = _TENANT_REASON
    if has_assets or has_orders:
        fixed["reseller"] = _RESELLER_REASON
    return fixed


def _check_fixed(form: AccountToEdit, wanted: AccountFields) -> None:
    for name, reason in form.fixed.items():
        if getattr(wanted, name) != getattr(form.fields, name):
            raise InvalidError("%(name)s: %(reason)s", name=LABELS[name], reason=reason, field=name)


def _price_lists(session: Session) -> tuple[tuple[UUID, str], ...]:
    rows = session.execute(sa.select(PriceList.id, PriceList.name).order_by(PriceList.name))
    return tuple((row.id, row.name) for row in rows)


def _differences(
    session: Session, now: AccountFields, typed: AccountFields
) -> tuple[AccountDifference, ...]:
    lists = dict(_price_lists(session))
    return tuple(
        AccountDifference(
            label=label,
            now=_in_words(getattr(now, name), lists),
            typed=_in_words(getattr(typed, name), lists),
        )
        for name, label in LABELS.items()
        if getattr(now, name) != getattr(typed, name)
    )


def _in_words(value: Any, lists: dict[UUID, str]) -> str:
    if isinstance(value, bool):
        return said("Yes") if value else said("No")
    if isinstance(value, Language):
        return value.label
    if isinstance(value, UUID):
        return lists.get(value, "")
    return str(value) if value else ""


def _tell(
    session: Session, viewer: Viewer, account: Account, changes: dict[str, list[str]]
) -> None:
    session.add(_event(viewer, account.id, "changed", changes))
    before = {label: both[0] for label, both in changes.items()}
    after = {label: both[1] for label, both in changes.items()}
    change = (before, after)
    audit(session, viewer, AuditEvent.ACCOUNT_CHANGED, of_account(account), change=change)


def _event(
    viewer: Viewer, account_id: UUID, event: str, changes: dict[str, list[str]]
) -> AccountEvent:
    return AccountEvent(account_id=account_id, event=event, actor=viewer.name, changes=changes)
