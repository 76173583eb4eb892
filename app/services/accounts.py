"""Back office: accounts, one of them, and the short view of its assets."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Session

from app.database import reading
from app.domain.access import AccountKind, Viewer
from app.domain.assets import (
    AssetStatus,
    ProvisioningSyncStatus,
    SubscriptionStatus,
    account_number,
    subscription_number,
)
from app.domain.errors import NotFoundError
from app.domain.languages import Language
from app.domain.orders import OrderStatus
from app.models import (
    Account,
    AssetTotal,
    Contact,
    Invoice,
    Order,
    PriceList,
    Reservation,
    Subscription,
    User,
)
from app.models.tenancy import Owned
from app.services.account_assets import (
    AssetsAbstract,
    count_assets,
    filter_name,
    newest_of,
)
from app.services.buying import accounts_visible_to, reason_not_to_order_for
from app.services.pages import Keys, Page, PageRequest, fetch_counted_page

_NUMBER = re.compile(r"(?:acc-)?0*([1-9]\d{0,17})", re.IGNORECASE)
_COPIED = (
    "id",
    "name",
    "kind",
    "is_active",
    "reseller_id",
    "legal_name",
    "email",
    "address",
    "city",
    "country",
    "currency",
    "vat_number",
    "is_tax_exempt",
    "timezone",
    "language",
    "microsoft_tenant_id",
    "microsoft_domain",
    "needs_approval",
    "hides_prices",
    "may_order",
)

SORTS = ("name", "number")


@dataclass(frozen=True, kw_only=True)
class AccountQuery:
    """What the list shows. `q` looks in names, number, VAT number and Microsoft's tenant."""

    q: str = ""
    kind: AccountKind | None = None
    reseller_id: UUID | None = None
    sort: str = "name"  # out of SORTS
    descending: bool = False
    page: PageRequest = field(default_factory=PageRequest)


@dataclass(frozen=True, kw_only=True)
class AccountRow:
    id: UUID
    number: str
    name: str
    kind: AccountKind
    reseller_id: UUID | None
    reseller_name: str | None
    city: str | None
    country: str
    currency: str
    is_active: bool
    assets: int
    failed_assets: int


@dataclass(frozen=True, kw_only=True)
class PlanOfAccount:
    id: UUID
    number: str
    name: str
    status: SubscriptionStatus
    sync_status: ProvisioningSyncStatus
    microsoft_subscription_id: str
    reservations: int


@dataclass(frozen=True, kw_only=True)
class AccountView:
    id: UUID
    number: str
    name: str
    kind: AccountKind
    is_active: bool
    reseller_id: UUID | None
    reseller_name: str | None
    legal_name: str | None
    email: str | None
    address: str | None
    city: str | None
    country: str
    currency: str
    vat_number: str | None
    is_tax_exempt: bool
    timezone: str
    language: Language
    microsoft_tenant_id: str | None
    microsoft_domain: str | None
    price_list_name: str | None
    needs_approval: bool
    hides_prices: bool
    may_order: bool
    order_reason: str | None  # why the viewer cannot order on the account's behalf
    customers: int
    invoices: int
    users: int
    contacts: int
    subscriptions: int  # Azure plans and placed orders: a reseller's customers' too
    orders: int
    plans: tuple[PlanOfAccount, ...]
    assets: int
    failed_assets: int
    active_assets: int
    active_net: tuple[tuple[str, Decimal], ...]  # of active assets, one for each currency
    newest: AssetsAbstract  # for whoever has no script that loads the section

    @property
    def filter_name(self) -> str:
        return filter_name(self.kind)


def list_accounts(viewer: Viewer, wanted: AccountQuery) -> Page[AccountRow]:
    """Every account but the distributor's own, in two statements."""
    reseller = orm.aliased(Account)
    filters = [accounts_visible_to(viewer), *_filters(wanted)]
    query = (
        sa.select(
            Account,
            reseller.name.label("reseller_name"),
            count_assets().label("assets"),
            count_assets(failed=True).label("failed"),
        )
        .outerjoin(reseller, reseller.id == Account.reseller_id)
        .where(*filters)
    )
    session = reading(viewer.scope)
    columns = (Account.number,) if wanted.sort == "number" else (Account.name, Account.id)
    keys = Keys(columns=[column.expression for column in columns], descending=wanted.descending)
    found = fetch_counted_page(
        session, query, keys, wanted.page, counted=sa.select(Account.id).where(*filters)
    )
    return found.with_items([_row(row) for row in found.items])


def _filters(wanted: AccountQuery) -> list[sa.ColumnElement[bool]]:
    filters = [Account.kind != AccountKind.DISTRIBUTOR, *_search(wanted.q)]
    if wanted.kind is not None:
        filters.append(Account.kind == wanted.kind)
    if wanted.reseller_id is not None:
        filters.append(Account.reseller_id == wanted.reseller_id)
    return filters


def _search(q: str) -> list[sa.ColumnElement[bool]]:
    if not q:
        return []
    places: list[sa.ColumnElement[bool]] = [
        column.icontains(q, autoescape=True)
        for column in (
            Account.name,
            Account.legal_name,
            Account.vat_number,
            Account.microsoft_tenant_id,
            Account.microsoft_domain,
        )
    ]
    if number := _NUMBER.fullmatch(q):
        places.append(Account.number == int(number.group(1)))
    return [sa.or_(*places)]


def _row(row: sa.Row[*tuple[Any, ...]]) -> AccountRow:
    account: Account = row[0]
    return AccountRow(
        id=account.id,
        number=account_number(account.number),
        name=account.name,
        kind=account.kind,
        reseller_id=account.reseller_id,
        reseller_name=row.reseller_name,
        city=account.city,
        country=account.country,
        currency=account.currency,
        is_active=account.is_active,
        assets=int(row.assets),
        failed_assets=int(row.failed),
    )


def get_account(viewer: Viewer, account_id: UUID) -> AccountView:
    session = reading(viewer.scope)
    row = _find(session, viewer, account_id)
    account: Account = row[0]
    totals = _totals(session, account)
    active = [total for total in totals if total.status is AssetStatus.ACTIVE]
    return AccountView(
        **{name: getattr(account, name) for name in _COPIED},
        number=account_number(account.number),
        reseller_name=row.reseller_name,
        price_list_name=row.price_list_name,
        order_reason=reason_not_to_order_for(viewer, account),
        customers=row.customers,
        invoices=row.invoices,
        users=row.users,
        contacts=row.contacts,
        subscriptions=row.subscriptions,
        orders=row.orders,
        plans=_plans(session, account.id),
        assets=_count(totals),
        failed_assets=_count(_failed(totals)),
        active_assets=_count(active),
        active_net=_net_by_currency(active),
        newest=newest_of(
            session, viewer, account, assets=_count(totals), failed=_count(_failed(totals))
        ),
    )


def _find(session: Session, viewer: Viewer, account_id: UUID) -> sa.Row[*tuple[Any, ...]]:
    reseller, customer = orm.aliased(Account), orm.aliased(Account)
    customers = sa.select(sa.func.count()).where(customer.reseller_id == Account.id)
    row = session.execute(
        sa.select(
            Account,
            reseller.name.label("reseller_name"),
            PriceList.name.label("price_list_name"),
            customers.scalar_subquery().label("customers"),
            _count_of(User).label("users"),
            _count_of(Contact).label("contacts"),
            _count_of(Invoice).label("invoices"),
            _count_owned(Subscription).label("subscriptions"),
            _count_owned(Order, Order.status != OrderStatus.QUOTED).label("orders"),
        )
        .outerjoin(reseller, reseller.id == Account.reseller_id)
        .outerjoin(PriceList, PriceList.id == Account.price_list_id)
        .where(Account.id == account_id, accounts_visible_to(viewer))
    ).one_or_none()
    if row is None:
        raise NotFoundError
    return row


def _count_owned(model: type[Owned], *filters: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    """Of the account and, for a reseller, of its customers."""
    owner = sa.or_(model.account_id == Account.id, model.tenant_id == Account.id)
    return sa.select(sa.func.count()).select_from(model).where(owner, *filters).scalar_subquery()


def _count_of(model: type[User | Contact | Invoice]) -> sa.ScalarSelect[int]:
    """The account's own, whatever its customers have."""
    return sa.select(sa.func.count()).where(model.account_id == Account.id).scalar_subquery()


def _totals(session: Session, account: Account) -> Sequence[AssetTotal]:
    is_reseller = account.kind is AccountKind.RESELLER
    owner = AssetTotal.tenant_id if is_reseller else AssetTotal.account_id
    return session.scalars(sa.select(AssetTotal).where(owner == account.id)).all()


def _failed(totals: Sequence[AssetTotal]) -> list[AssetTotal]:
    failed = ProvisioningSyncStatus.FAILED
    return [total for total in totals if total.provisioning_sync_status is failed]


def _count(totals: Sequence[AssetTotal]) -> int:
    return sum(total.assets for total in totals)


def _net_by_currency(totals: Sequence[AssetTotal]) -> tuple[tuple[str, Decimal], ...]:
    sums: dict[str, Decimal] = {}
    for total in totals:
        if total.assets:
            sums[total.currency] = sums.get(total.currency, Decimal(0)) + total.buying_net
    return tuple(sorted(sums.items()))


def _plans(session: Session, account_id: UUID) -> tuple[PlanOfAccount, ...]:
    of_plan = Reservation.subscription_id == Subscription.id
    reservations = sa.select(sa.func.count()).select_from(Reservation).where(of_plan)
    query = sa.select(Subscription, reservations.scalar_subquery().label("reservations"))
    rows = session.execute(
        query.where(Subscription.account_id == account_id).order_by(Subscription.number)
    )
    return tuple(
        PlanOfAccount(
            id=plan.id,
            number=subscription_number(plan.number),
            name=plan.name,
            status=plan.status,
            sync_status=plan.provisioning_sync_status,
            microsoft_subscription_id=plan.microsoft_subscription_id,
            reservations=count,
        )
        for plan, count in rows
    )
