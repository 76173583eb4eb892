"""A reseller's end customers: the list, and one with what it has."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from app.database import reading
from app.domain.access import AccountKind, Permission, Viewer
from app.domain.assets import AssetStatus, account_number
from app.domain.errors import NotAllowedError
from app.domain.orders import OrderStatus
from app.models import Account, AssetTotal, Order, Subscription
from app.services.pages import Details, Keys, Page, PageRequest, each_row, fetch_counted_page

_NUMBER = re.compile(r"(?:acc-)?0*([1-9]\d{0,17})", re.IGNORECASE)
_RESELLER = aliased(Account)
_WITH_COUNTS = ("plans", "assets", "active_assets", "pending_orders")


class CustomerSort(StrEnum):
    """The values of `sort=`."""

    NAME = "name"
    NUMBER = "number"
    PLANS = "plans"
    ASSETS = "assets"
    ORDERS = "orders"
    PRICES = "prices"
    MARKUP = "markup"


@dataclass(frozen=True, kw_only=True)
class CustomerQuery:
    """What the list shows. `q` looks in names, number, city and VAT number."""

    q: str = ""
    needs_approval: bool | None = None
    hides_prices: bool | None = None
    sort: CustomerSort = CustomerSort.NAME
    descending: bool = False
    page: PageRequest = field(default_factory=PageRequest)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a reseller agreed with one customer. `own_markup` is None where the default counts."""

    own_markup: Decimal | None
    default_markup: Decimal
    hides_prices: bool
    needs_approval: bool

    @property
    def markup(self) -> Decimal:
        """In per cent, on top of what the reseller pays."""
        return self.default_markup if self.own_markup is None else self.own_markup


@dataclass(frozen=True, kw_only=True)
class CustomerRow:
    """`assets` counts all there ever were, `active_assets` those that are active."""

    id: UUID
    number: str
    name: str
    city: str | None
    country: str
    is_active: bool
    may_order: bool
    terms: Terms
    plans: int
    assets: int
    active_assets: int
    pending_orders: int


def list_customers(viewer: Viewer, wanted: CustomerQuery) -> Page[CustomerRow]:
    """In two statements, whatever the customers have."""
    session = reading(viewer.scope)
    found = sa.select(Account.id).where(customer_of(viewer), *_filters(wanted))
    keys = _keys(viewer, wanted)
    details = Details(query=_rows(), id=Account.id.expression)
    page = fetch_counted_page(session, found, keys, wanted.page, details=details)
    return page.with_items([_row(row) for row in page.items])


def export_customers(viewer: Viewer, wanted: CustomerQuery) -> Iterator[CustomerRow]:
    """Every row of the list, in its order, for a file."""
    if not viewer.may(Permission.EXPORT):
        raise NotAllowedError("Your role does not export lists.")

    def read(page: PageRequest) -> Page[CustomerRow]:
        return list_customers(viewer, replace(wanted, page=page))

    return each_row(viewer.scope, read)


def default_markup(viewer: Viewer) -> Decimal:
    """What the reseller adds where it agreed nothing else, in per cent."""
    own = sa.select(Account.default_markup).where(Account.id == viewer.account_id)
    return reading(viewer.scope).scalars(own).one()


def customer_of(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The end customers of a reseller; nobody else has any."""
    if not viewer.may(Permission.VIEW_CUSTOMERS):
        raise NotAllowedError("Only resellers have customers.")
    return sa.and_(Account.tenant_id == viewer.account_id, Account.kind == AccountKind.END_CUSTOMER)


def terms_of(row: Any) -> Terms:
    """`row` carries `Account` and the reseller's `default_markup`."""
    account: Account = row.Account
    return Terms(
        own_markup=account.markup,
        default_markup=row.default_markup,
        hides_prices=account.hides_prices,
        needs_approval=account.needs_approval,
    )


def _filters(wanted: CustomerQuery) -> list[sa.ColumnElement[bool]]:
    filters = _search(wanted.q)
    if wanted.needs_approval is not None:
        filters.append(Account.needs_approval.is_(wanted.needs_approval))
    if wanted.hides_prices is not None:
        filters.append(Account.hides_prices.is_(wanted.hides_prices))
    return filters


def _search(q: str) -> list[sa.ColumnElement[bool]]:
    text = q.replace("\0", "").strip()
    if not text:
        return []
    columns = (Account.name, Account.legal_name, Account.city, Account.vat_number)
    places = [column.icontains(text, autoescape=True) for column in columns]
    if number := _NUMBER.fullmatch(text):
        places.append(Account.number == int(number.group(1)))
    return [sa.or_(*places)]


def _keys(viewer: Viewer, wanted: CustomerQuery) -> Keys:
    default = sa.select(_RESELLER.default_markup).where(_RESELLER.id == viewer.account_id)
    how_ordered = sa.case((sa.not_(Account.may_order), 0), (Account.needs_approval, 1), else_=2)
    columns: dict[CustomerSort, sa.ColumnElement[Any]] = {
        CustomerSort.NAME: Account.name.expression,
        CustomerSort.NUMBER: Account.number.expression,
        CustomerSort.PLANS: _plans().scalar_subquery(),
        CustomerSort.ASSETS: _active_assets().scalar_subquery(),
        CustomerSort.ORDERS: how_ordered,
        CustomerSort.PRICES: sa.cast(Account.hides_prices, sa.Integer),
        CustomerSort.MARKUP: sa.func.coalesce(Account.markup, default.scalar_subquery()),
    }
    columns_of_list = (columns[wanted.sort], Account.id.expression)
    return Keys(columns=columns_of_list, descending=wanted.descending)


def _plans() -> sa.Select[*tuple[int]]:
    return sa.select(sa.func.count()).where(Subscription.account_id == Account.id)


def _assets() -> sa.Select[*tuple[int]]:
    kept = sa.func.coalesce(sa.func.sum(AssetTotal.assets), 0, type_=sa.Numeric())
    return sa.select(kept).where(AssetTotal.account_id == Account.id)


def _active_assets() -> sa.Select[*tuple[int]]:
    return _assets().where(AssetTotal.status == AssetStatus.ACTIVE)


def _rows() -> sa.Select[*tuple[Any, ...]]:
    pending = sa.select(sa.func.count()).where(
        Order.account_id == Account.id, Order.status == OrderStatus.PENDING_APPROVAL
    )
    counts: Sequence[sa.Select[Any]] = (_plans(), _assets(), _active_assets(), pending)
    return sa.select(
        Account,
        _RESELLER.default_markup.label("default_markup"),
        *(
            count.scalar_subquery().label(name)
            for name, count in zip(_WITH_COUNTS, counts, strict=True)
        ),
    ).join(_RESELLER, _RESELLER.id == Account.reseller_id)


def _row(row: Any) -> CustomerRow:
    account: Account = row.Account
    return CustomerRow(
        id=account.id,
        number=account_number(account.number),
        name=account.name,
        city=account.city,
        country=account.country,
        is_active=account.is_active,
        may_order=account.may_order,
        terms=terms_of(row),
        **{name: int(getattr(row, name)) for name in _WITH_COUNTS},
    )
