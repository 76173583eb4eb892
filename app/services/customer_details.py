"""One end customer, as its reseller sees it: terms, Azure plans, assets, orders, users."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session, aliased

from app.database import reading
from app.domain.access import Role, Viewer
from app.domain.assets import (
    AssetKind,
    AssetStatus,
    ProvisioningSyncStatus,
    SubscriptionStatus,
    account_number,
    asset_number,
    order_number,
    subscription_number,
)
from app.domain.errors import NotFoundError
from app.domain.money import ZERO
from app.domain.orders import OrderStatus
from app.models import Account, Asset, AssetTotal, Order, OrderLine, Subscription, User
from app.models.tenancy import Owned
from app.services.asset_prices import PRICE_COLUMNS, shown_price
from app.services.buying import reason_not_to_order_for
from app.services.customers import Terms, customer_of, terms_of
from app.services.prices import ShownPrice
from app.services.users import state_of
from app.services.visibility import visible_to

_MOST = 5
_MOST_USERS = 10
_CENT = Decimal("0.01")
_FACTS = ("id", "name", "legal_name", "email", "address", "city", "country", "currency")


@dataclass(frozen=True, kw_only=True)
class CustomerPlan:
    id: UUID
    number: str
    name: str
    status: SubscriptionStatus
    sync_status: ProvisioningSyncStatus


@dataclass(frozen=True, kw_only=True)
class CustomerAsset:
    """`shown.price` is what the reseller pays, `shown.resale` what the customer does."""

    id: UUID
    number: str
    name: str
    kind: AssetKind
    status: AssetStatus
    sync_status: ProvisioningSyncStatus
    currency: str
    shown: ShownPrice


@dataclass(frozen=True, kw_only=True)
class CustomerOrder:
    id: UUID
    number: str
    title: str
    status: OrderStatus
    placed_at: dt.datetime | None
    buyer_reference: str


@dataclass(frozen=True, kw_only=True)
class CustomerUser:
    id: UUID
    name: str
    email: str
    role: Role
    state: str  # out of users.STATES


@dataclass(frozen=True, kw_only=True)
class Earned:
    """Of the active assets in one currency, net: what the reseller pays, gets, and keeps."""

    currency: str
    buying: Decimal
    selling: Decimal

    @property
    def margin(self) -> Decimal:
        return self.selling - self.buying

    @property
    def margin_percent(self) -> Decimal:
        """Of what the customer pays."""
        share = self.margin / self.selling * 100 if self.selling else ZERO
        return share.quantize(_CENT)


@dataclass(frozen=True, kw_only=True)
class CustomerView:
    """The newest rows of each kind, and how many there are. `active` counts assets by kind."""

    id: UUID
    number: str
    name: str
    legal_name: str | None
    email: str | None
    address: str | None
    city: str | None
    country: str
    currency: str
    vat_number: str | None
    is_active: bool
    order_reason: str | None  # why nobody can order for it; None where one can
    terms: Terms
    active: dict[AssetKind, int]
    assets: int
    earned: tuple[Earned, ...]
    plan_count: int
    order_count: int
    pending_orders: int
    user_count: int
    plans: list[CustomerPlan]
    newest_assets: list[CustomerAsset]
    orders: list[CustomerOrder]
    users: list[CustomerUser]


def get_customer(viewer: Viewer, customer_id: UUID) -> CustomerView:
    """In five statements, whatever the customer has. NotFoundError for a stranger's."""
    session = reading(viewer.scope)
    row = session.execute(_query(viewer, customer_id)).one_or_none()
    if row is None:
        raise NotFoundError
    account: Account = row.Account
    totals = row.totals or []
    active = [total for total in totals if total[1] == AssetStatus.ACTIVE]
    return CustomerView(
        **{name: getattr(account, name) for name in _FACTS},
        number=account_number(account.number),
        vat_number=account.vat_number,
        is_active=account.is_active,
        order_reason=reason_not_to_order_for(viewer, account),
        terms=terms_of(row),
        active={kind: _count(each for each in active if each[0] == kind) for kind in AssetKind},
        assets=_count(totals),
        earned=_earned(active),
        plan_count=row.plan_count,
        order_count=row.order_count,
        pending_orders=row.pending_orders,
        user_count=row.user_count,
        plans=_plans(session, viewer, customer_id),
        newest_assets=_assets(session, viewer, customer_id),
        orders=_orders(session, viewer, customer_id),
        users=_users(session, viewer, customer_id),
    )


def get_terms(viewer: Viewer, customer_id: UUID) -> tuple[str, Terms]:
    """The customer's name, and what was agreed with it."""
    reseller = aliased(Account)
    query = (
        sa.select(Account, reseller.default_markup.label("default_markup"))
        .join(reseller, reseller.id == Account.reseller_id)
        .where(Account.id == customer_id, customer_of(viewer))
    )
    row = reading(viewer.scope).execute(query).one_or_none()
    if row is None:
        raise NotFoundError
    return row.Account.name, terms_of(row)


def _query(viewer: Viewer, customer_id: UUID) -> sa.Select[*tuple[Any, ...]]:
    reseller = aliased(Account)
    placed = sa.and_(_is_its(viewer, Order), Order.status != OrderStatus.QUOTED)
    counted = {
        "plan_count": _is_its(viewer, Subscription),
        "order_count": placed,
        "pending_orders": sa.and_(placed, Order.status == OrderStatus.PENDING_APPROVAL),
        "user_count": _is_its(viewer, User),
    }
    return (
        sa.select(
            Account,
            reseller.default_markup.label("default_markup"),
            _totals(viewer).label("totals"),
            *(
                sa.select(sa.func.count()).where(which).scalar_subquery().label(name)
                for name, which in counted.items()
            ),
        )
        .join(reseller, reseller.id == Account.reseller_id)
        .where(Account.id == customer_id, customer_of(viewer))
    )


def _is_its(viewer: Viewer, model: type[Owned]) -> sa.ColumnElement[bool]:
    """Rows of the account that is looked at, as far as the viewer sees them."""
    owned: Any = model
    return sa.and_(owned.account_id == Account.id, visible_to(viewer, model))


def _totals(viewer: Viewer) -> sa.ScalarSelect[Any]:
    """The kept totals as JSON, amounts as text so that none becomes a float."""
    values = sa.func.jsonb_build_array(
        AssetTotal.kind,
        AssetTotal.status,
        AssetTotal.currency,
        AssetTotal.assets,
        sa.cast(AssetTotal.buying_net, sa.Text),
        sa.cast(AssetTotal.selling_net, sa.Text),
    )
    rows = sa.func.jsonb_agg(values, type_=JSONB)
    return sa.select(rows).where(_is_its(viewer, AssetTotal)).scalar_subquery()


def _count(totals: Iterable[Sequence[Any]]) -> int:
    return sum(int(total[3]) for total in totals)


def _earned(totals: Iterable[Sequence[Any]]) -> tuple[Earned, ...]:
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for _kind, _status, currency, assets, buying, selling in totals:
        if assets:
            before = sums.get(currency, (ZERO, ZERO))
            sums[currency] = (before[0] + Decimal(buying), before[1] + Decimal(selling))
    return tuple(
        Earned(currency=currency, buying=buying, selling=selling)
        for currency, (buying, selling) in sorted(sums.items())
    )


def _plans(session: Session, viewer: Viewer, customer_id: UUID) -> list[CustomerPlan]:
    query = (
        sa.select(Subscription)
        .where(Subscription.account_id == customer_id, visible_to(viewer, Subscription))
        .order_by(Subscription.number.desc())
        .limit(_MOST)
    )
    return [
        CustomerPlan(
            id=plan.id,
            number=subscription_number(plan.number),
            name=plan.name,
            status=plan.status,
            sync_status=plan.provisioning_sync_status,
        )
        for plan in session.scalars(query)
    ]


def _assets(session: Session, viewer: Viewer, customer_id: UUID) -> list[CustomerAsset]:
    query = (
        sa.select(
            Asset.id,
            Asset.number,
            Asset.name,
            Asset.kind,
            Asset.status,
            Asset.provisioning_sync_status,
            *PRICE_COLUMNS,
        )
        .where(Asset.account_id == customer_id, visible_to(viewer, Asset))
        .order_by(Asset.purchased_at.desc(), Asset.id.desc())
        .limit(_MOST)
    )
    return [
        CustomerAsset(
            id=row.id,
            number=asset_number(row.number),
            name=row.name,
            kind=row.kind,
            status=row.status,
            sync_status=row.provisioning_sync_status,
            currency=row.currency,
            shown=shown_price(viewer, row, hides_prices=False),
        )
        for row in session.execute(query)
    ]


def _orders(session: Session, viewer: Viewer, customer_id: UUID) -> list[CustomerOrder]:
    """Those that wait first: they want a yes or no."""
    title = (
        sa.select(OrderLine.title)
        .where(OrderLine.order_id == Order.id)
        .order_by(OrderLine.position)
        .limit(1)
        .scalar_subquery()
    )
    waits = Order.status == OrderStatus.PENDING_APPROVAL
    query = (
        sa.select(Order, title)
        .where(
            Order.account_id == customer_id,
            visible_to(viewer, Order),
            Order.status != OrderStatus.QUOTED,
        )
        .order_by(waits.desc(), Order.number.desc())
        .limit(_MOST)
    )
    return [
        CustomerOrder(
            id=order.id,
            number=order_number(order.number),
            title=first_title or "",
            status=order.status,
            placed_at=order.placed_at,
            buyer_reference=order.buyer_reference,
        )
        for order, first_title in session.execute(query)
    ]


def _users(session: Session, viewer: Viewer, customer_id: UUID) -> list[CustomerUser]:
    query = sa.select(User).where(User.account_id == customer_id, visible_to(viewer, User))
    users = session.scalars(query.order_by(User.name, User.id).limit(_MOST_USERS))
    return [
        CustomerUser(
            id=user.id,
            name=user.name,
            email=user.email,
            role=user.role,
            state=state_of(user),
        )
        for user in users
    ]
