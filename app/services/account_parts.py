"""Back office: the newest of each thing that an account has, for short views and sections."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import orm

from app.database import reading
from app.domain.access import AccountKind, Viewer
from app.domain.assets import account_number, order_number, subscription_number
from app.domain.errors import NotFoundError
from app.domain.orders import OrderStatus
from app.models import Account, Contact, Invoice, Order, OrderLine, Subscription, User
from app.models.tenancy import Owned
from app.services.buying import accounts_visible_to
from app.services.invoice_states import state_of
from app.services.visibility import visible_to

ROWS_OF_ABSTRACT, ROWS_OF_SECTION = 5, 10


class AccountPart(StrEnum):
    """What an account has beside its assets. A reseller's orders and plans are its customers' too;
    the others are its own."""

    CONTACTS = "contacts"
    ORDERS = "orders"
    SUBSCRIPTIONS = "subscriptions"
    INVOICES = "invoices"
    USERS = "users"
    CUSTOMERS = "customers"


@dataclass(frozen=True, kw_only=True)
class PartRow:
    """One line. `status` is the enum of whatever it is; of the last three what it has."""

    id: UUID
    name: str
    note: str
    status: StrEnum | None
    at: dt.date | None = None  # an instant or a day
    amount: Decimal | None = None
    currency: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class PartOfAccount:
    """`filter_name` is what lists call this kind of owner."""

    part: AccountPart
    account_id: UUID
    account_name: str
    filter_name: str
    total: int
    rows: tuple[PartRow, ...]


@dataclass(frozen=True, kw_only=True)
class _Source:
    """How one part is found, newest or first first, and what is made of a row of it."""

    owned: Callable[[Any], sa.ColumnElement[bool]]
    query: Callable[[], sa.Select[*tuple[Any, ...]]]
    order: tuple[Any, ...]
    row: Callable[[Any], PartRow]


def get_account_part(
    viewer: Viewer, account_id: UUID, part: AccountPart, *, limit: int
) -> PartOfAccount:
    """Two statements, whatever there is. Raises NotFoundError."""
    session = reading(viewer.scope)
    source = _SOURCES[part]
    account = orm.aliased(Account)
    counted = source.query().where(source.owned(account), _visible(viewer, part))
    total = counted.with_only_columns(sa.func.count(), maintain_column_froms=True)
    row = session.execute(
        sa.select(account, total.correlate(account).scalar_subquery().label("total")).where(
            account.id == account_id, *_seen(viewer, account)
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError
    owner: Account = row[0]
    found = session.execute(
        source.query()
        .where(source.owned(owner), _visible(viewer, part))
        .order_by(*source.order)
        .limit(limit)
    )
    return PartOfAccount(
        part=part,
        account_id=owner.id,
        account_name=owner.name,
        filter_name="reseller" if owner.kind is AccountKind.RESELLER else "account",
        total=row.total,
        rows=tuple(source.row(each) for each in found),
    )


def _seen(viewer: Viewer, account: Any) -> list[sa.ColumnElement[bool]]:
    if viewer.is_staff:
        return []
    return [account.id.in_(sa.select(Account.id).where(accounts_visible_to(viewer)))]


_MODELS: dict[AccountPart, Any] = {
    AccountPart.CONTACTS: Contact,
    AccountPart.ORDERS: Order,
    AccountPart.SUBSCRIPTIONS: Subscription,
    AccountPart.INVOICES: Invoice,
    AccountPart.USERS: User,
}


def _visible(viewer: Viewer, part: AccountPart) -> sa.ColumnElement[bool]:
    if part is AccountPart.CUSTOMERS:
        return accounts_visible_to(viewer)
    return visible_to(viewer, _MODELS[part])


def _own(model: type[Owned]) -> Callable[[Any], sa.ColumnElement[bool]]:
    return lambda account: model.account_id == account.id


def _with_customers(model: type[Owned]) -> Callable[[Any], sa.ColumnElement[bool]]:
    return lambda account: sa.or_(model.account_id == account.id, model.tenant_id == account.id)


def _orders() -> sa.Select[*tuple[Any, ...]]:
    first = sa.and_(OrderLine.order_id == Order.id, OrderLine.position == 1)
    return (
        sa.select(Order, OrderLine.title, OrderLine.quantity, Account.name.label("account_name"))
        .join(Account, Account.id == Order.account_id)
        .outerjoin(OrderLine, first)
        .where(Order.status != OrderStatus.QUOTED)
    )


def _order_row(row: Any) -> PartRow:
    order: Order = row[0]
    what = f"{row.title} \N{MULTIPLICATION SIGN} {row.quantity}" if row.title else ""
    return PartRow(
        id=order.id,
        name=order_number(order.number),
        note=" · ".join(each for each in (what, row.account_name) if each),
        status=order.status,
        at=order.placed_at,
    )


def _plans() -> sa.Select[*tuple[Any, ...]]:
    return sa.select(Subscription, Account.name.label("account_name")).join(
        Account, Account.id == Subscription.account_id
    )


def _plan_row(row: Any) -> PartRow:
    plan: Subscription = row[0]
    return PartRow(
        id=plan.id,
        name=plan.name,
        note=f"{subscription_number(plan.number)} · {row.account_name}",
        status=plan.status,
        text=plan.provisioning_sync_status.label,
    )


def _invoice_row(row: Any) -> PartRow:
    invoice: Invoice = row[0]
    return PartRow(
        id=invoice.id,
        name=invoice.number,
        note=invoice.order_number,
        status=state_of(invoice, row.today),
        at=invoice.issued_on,
        amount=invoice.gross * invoice.kind.sign,
        currency=invoice.currency,
    )


def _customer_row(row: Any) -> PartRow:
    customer: Account = row[0]
    return PartRow(
        id=customer.id,
        name=customer.name,
        note=account_number(customer.number),
        status=None,
        text=customer.city or customer.country,
    )


_SOURCES: dict[AccountPart, _Source] = {
    AccountPart.CONTACTS: _Source(
        owned=_own(Contact),
        query=lambda: sa.select(Contact),
        order=(Contact.name, Contact.id),
        row=lambda row: PartRow(
            id=row[0].id,
            name=row[0].name,
            note=row[0].email or "",
            status=row[0].role,
            text=row[0].phone or "",
        ),
    ),
    AccountPart.ORDERS: _Source(
        owned=_with_customers(Order),
        query=_orders,
        order=(Order.number.desc(),),
        row=_order_row,
    ),
    AccountPart.SUBSCRIPTIONS: _Source(
        owned=_with_customers(Subscription),
        query=_plans,
        order=(Subscription.number.desc(),),
        row=_plan_row,
    ),
    AccountPart.INVOICES: _Source(
        owned=_own(Invoice),
        query=lambda: sa.select(Invoice, sa.func.current_date().label("today")),
        order=(Invoice.issued_on.desc(), Invoice.issued_at.desc(), Invoice.id.desc()),
        row=_invoice_row,
    ),
    AccountPart.USERS: _Source(
        owned=_own(User),
        query=lambda: sa.select(User),
        order=(User.name, User.id),
        row=lambda row: PartRow(
            id=row[0].id,
            name=row[0].name,
            note=row[0].email,
            status=row[0].role,
            text="" if row[0].is_active else "Disabled",
        ),
    ),
    AccountPart.CUSTOMERS: _Source(
        owned=lambda account: Account.reseller_id == account.id,
        query=lambda: sa.select(Account),
        order=(Account.name, Account.id),
        row=_customer_row,
    ),
}
