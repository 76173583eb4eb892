"""Lists of assets, for storefront and back office: filter, search, sort, pages, totals."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import orm

from app.database import reading
from app.domain.access import Permission, Viewer
from app.domain.assets import (
    AssetKind,
    AssetStatus,
    BillingFrequency,
    ProvisioningSyncStatus,
    asset_number,
    term_label,
)
from app.domain.errors import NotAllowedError
from app.domain.pricing import PricedLine
from app.models import Account, Asset, Product, Reservation, SoftwareSubscription
from app.services.asset_filters import AssetFilters
from app.services.asset_prices import PRICE_COLUMNS, sees_selling_price, shown_price
from app.services.asset_search import search_filters, sees_customers
from app.services.asset_totals import (
    MOST_COUNTED,
    CurrencySum,
    KeptTotals,
    count_matching,
    kept_totals,
)
from app.services.pages import Details, Groups, Keys, Page, PageRequest, each_row, fetch_page
from app.services.prices import Resale
from app.services.visibility import visible_to

EXPIRING_DAYS = 30
_OWNER, _RESELLER = orm.aliased(Account), orm.aliased(Account)
_RESERVATIONS, _SOFTWARE = Reservation.__table__, SoftwareSubscription.__table__


class AssetSort(StrEnum):
    """By what a list is sorted; an index serves each. The first five are those of both faces,
    the others the back office's."""

    PURCHASED = "purchased"
    NAME = "name"
    CUSTOMER = "customer"
    TOTAL = "total"
    EXPIRES = "expires"
    RESELLER = "reseller"
    PRODUCT = "product"
    STATUS = "status"
    SYNC = "sync"
    QUANTITY = "quantity"
    FREQUENCY = "frequency"


STOREFRONT_SORTS = (
    AssetSort.PURCHASED,
    AssetSort.NAME,
    AssetSort.CUSTOMER,
    AssetSort.TOTAL,
    AssetSort.EXPIRES,
)


@dataclass(frozen=True, kw_only=True)
class AssetQuery:
    """What a list shows. None stands for any; `q` looks in names, numbers, ids and customers."""

    kind: AssetKind | None = None
    status: AssetStatus | None = None
    sync_status: ProvisioningSyncStatus | None = None
    account_id: UUID | None = None
    reseller_id: UUID | None = None  # its own assets and its customers'
    is_expiring: bool = False  # active, and it ends within 30 days
    q: str = ""
    sort: AssetSort = AssetSort.PURCHASED
    descending: bool = True
    page: PageRequest = field(default_factory=PageRequest)
    counts_exactly: bool = False  # a search otherwise stops counting at 1,000
    more: AssetFilters = field(default_factory=AssetFilters)  # the back office's


@dataclass(frozen=True, kw_only=True)
class AssetRow:
    """`customer_name` is None for whoever has one account; `price` where it is hidden."""

    id: UUID
    number: str
    kind: AssetKind
    name: str
    account_id: UUID
    customer_name: str | None
    status: AssetStatus
    sync_status: ProvisioningSyncStatus
    region: str | None
    sku: str | None  # the plan's original name, of a software subscription
    term: str
    purchased_at: dt.datetime
    expires_on: dt.date | None
    expiry_is_estimated: bool
    is_expiring: bool
    billing_frequency: BillingFrequency
    quantity: int
    currency: str
    discount_percent: Decimal
    price: PricedLine | None
    resale: Resale | None


@dataclass(frozen=True, kw_only=True)
class AssetList:
    """One page, and what the whole list comes to.

    `sums` is None where prices are hidden or there is too much to add up for one look.
    `by_status` counts what there is without search and filters.
    """

    page: Page[AssetRow]
    sums: list[CurrencySum] | None
    active_sums: list[CurrencySum] | None
    hides_prices: bool
    shows_customers: bool
    by_status: Mapping[AssetStatus, int]
    failed: int  # of all of them

    @property
    def all_assets(self) -> int:
        return sum(self.by_status.values())


@dataclass(frozen=True, kw_only=True)
class RowKind:
    """What a list reads of each asset and makes of it; the back office shows more."""

    query: Callable[[], sa.Select[*tuple[Any, ...]]]
    row: Callable[[Viewer, Any], AssetRow]


def list_assets(viewer: Viewer, query: AssetQuery, *, rows: RowKind | None = None) -> AssetList:
    """Three statements, a fourth where the kept totals do not answer."""
    session = reading(viewer.scope)
    kept = _kept(viewer, query)
    chosen = kept.only(status=query.status, sync_status=query.sync_status)
    total, sums, is_capped = chosen.assets, chosen.sums, False
    found = _rows_of(viewer, query, kept, rows or ROWS)
    if query.q or query.is_expiring or not query.more.is_any:
        exactly = query.counts_exactly
        total, sums = count_matching(session, viewer, found.filters, exactly=exactly)
        is_capped = total == MOST_COUNTED and sums is None
    if total <= MOST_COUNTED < kept.assets and not is_capped:
        found = replace(found, are_few=True)
    page = _page(viewer, found, query.page, total)
    return AssetList(
        page=replace(page, is_capped=is_capped),
        sums=None if kept.hides_prices else sums,
        active_sums=kept.only(status=AssetStatus.ACTIVE).sums,
        hides_prices=kept.hides_prices,
        shows_customers=sees_customers(viewer),
        by_status=_by_status(kept),
        failed=kept.only(sync_status=ProvisioningSyncStatus.FAILED).assets,
    )


@dataclass(frozen=True, kw_only=True)
class AssetExport:
    """`rows` are read while they are used. `currency` is the one of all of them, else empty."""

    rows: Iterator[AssetRow]
    currency: str


def export_assets(viewer: Viewer, query: AssetQuery, *, rows: RowKind | None = None) -> AssetExport:
    """Every row of the list, in its order. Raises NotAllowedError."""
    if not viewer.may(Permission.EXPORT):
        raise NotAllowedError("Your role does not export lists.")
    kept = _kept(viewer, query)
    found = _rows_of(viewer, query, kept, rows or ROWS)
    if found.keys.groups is not None and (query.q or not query.more.is_any):
        found = replace(found, are_few=True)  # else each group would be searched for them

    def read(page: PageRequest) -> Page[AssetRow]:
        return _page(viewer, found, page, page.size)

    currencies = {row.currency for row in kept.rows}
    return AssetExport(
        rows=each_row(viewer.scope, read),
        currency=currencies.pop() if len(currencies) == 1 else "",
    )


def chosen_ids(
    viewer: Viewer, query: AssetQuery, asset_ids: Sequence[UUID] | None
) -> sa.Select[*tuple[Any, ...]]:
    """`id` and `position` of the assets of a list, or of those of `asset_ids` that are visible."""
    if asset_ids is not None:
        filters = [visible_to(viewer, Asset), Asset.id.in_(asset_ids)]
    else:
        filters = _filters(viewer, query, _kept(viewer, query))
    order = sa.func.row_number().over(order_by=(Asset.purchased_at, Asset.id))
    return sa.select(Asset.id.label("id"), order.label("position")).where(*filters)


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """Which rows there are, in which order, and what is read of each."""

    kind: RowKind
    filters: Sequence[sa.ColumnElement[bool]]
    keys: Keys
    are_few: bool = False  # found all, then sorted: sooner than walking along the sort's index


def _rows_of(viewer: Viewer, query: AssetQuery, kept: KeptTotals, kind: RowKind) -> _Rows:
    sort = query.sort
    if (
        (sort is AssetSort.TOTAL and kept.hides_prices)
        or (sort is AssetSort.CUSTOMER and not sees_customers(viewer))
        or (sort not in STOREFRONT_SORTS and not viewer.is_staff)
    ):
        sort = AssetSort.PURCHASED
    return _Rows(
        kind=kind,
        filters=_filters(viewer, query, kept),
        keys=_keys(viewer, sort, descending=query.descending),
        are_few=_are_ending(query) and sort is not AssetSort.EXPIRES,
    )


def _are_ending(query: AssetQuery) -> bool:
    """What ends soon is not among the newest: a walk along most sorts would pass over the rest."""
    return query.is_expiring or query.more.expiring_days is not None


def _page(viewer: Viewer, rows: _Rows, wanted: PageRequest, total: int) -> Page[AssetRow]:
    ids, keys = sa.select(Asset.id).where(*rows.filters), rows.keys
    if not total:
        ids = ids.where(sa.false())
    if rows.are_few:
        ids, keys = _all_found_first(ids, keys)
    details = Details(query=rows.kind.query(), id=Asset.id.expression)
    session = reading(viewer.scope)
    found = fetch_page(session, ids, keys, wanted, total=total, details=details)
    return found.with_items([rows.kind.row(viewer, row) for row in found.items])


def _all_found_first(
    ids: sa.Select[*tuple[Any, ...]], keys: Keys
) -> tuple[sa.Select[*tuple[Any, ...]], Keys]:
    """The same list of ids behind a fence (OFFSET 0) that PostgreSQL does not plan across."""
    if keys.groups is not None:
        ids = ids.select_from(keys.groups.source).join(Asset, keys.groups.belongs)
    found = ids.add_columns(*keys.all_columns).offset(0).subquery("found")
    columns = list(found.c)
    return sa.select(columns[0]), replace(keys, columns=columns[1:], groups=None)


def _kept(viewer: Viewer, query: AssetQuery) -> KeptTotals:
    return kept_totals(
        viewer, kind=query.kind, account_id=query.account_id, reseller_id=query.reseller_id
    )


def _by_status(kept: KeptTotals) -> dict[AssetStatus, int]:
    return {status: kept.only(status=status).assets for status in AssetStatus}


def _filters(viewer: Viewer, query: AssetQuery, kept: KeptTotals) -> list[sa.ColumnElement[bool]]:
    filters = [visible_to(viewer, Asset)]
    for column, value in (
        (Asset.kind, query.kind),
        (Asset.status, query.status),
        (Asset.provisioning_sync_status, query.sync_status),
        (Asset.account_id, query.account_id),
        (Asset.tenant_id, query.reseller_id),
    ):
        if value is not None:
            filters.append(column == value)
    if query.is_expiring:
        filters.append(is_expiring())
    filters += query.more.conditions()
    session = reading(viewer.scope)
    return [*filters, *search_filters(session, viewer, query.q, among=kept.assets)]


def is_expiring() -> sa.ColumnElement[bool]:
    """Active, and over within 30 days."""
    return sa.and_(
        Asset.status == AssetStatus.ACTIVE,
        Asset.expires_key <= sa.func.current_date() + EXPIRING_DAYS,
    )


def _keys(viewer: Viewer, sort: AssetSort, *, descending: bool) -> Keys:
    total = Asset.selling_total_key if sees_selling_price(viewer) else Asset.buying_total_key
    purchased = Asset.purchased_at.expression
    columns: dict[AssetSort, Sequence[sa.ColumnElement[Any]]] = {
        AssetSort.NAME: (Asset.name.expression,),
        AssetSort.TOTAL: (total.expression,),
        AssetSort.EXPIRES: (Asset.expires_key.expression,),
        AssetSort.STATUS: (Asset.status.expression, purchased),
        AssetSort.SYNC: (Asset.provisioning_sync_status.expression, purchased),
        AssetSort.QUANTITY: (Asset.quantity.expression,),
        AssetSort.FREQUENCY: (Asset.billing_frequency.expression, purchased),
    }
    return Keys(
        columns=(*columns.get(sort, (purchased,)), Asset.id.expression),
        descending=descending,
        groups=_groups(sort),
    )


def _groups(sort: AssetSort) -> Groups | None:
    """Of lists that are sorted by a name of another table."""
    is_owner = _OWNER.id == Asset.account_id
    if sort is AssetSort.CUSTOMER:
        return Groups(
            source=_OWNER, columns=(_OWNER.name.expression, _OWNER.id.expression), belongs=is_owner
        )
    if sort is AssetSort.RESELLER:
        source = orm.outerjoin(_OWNER, _RESELLER, _RESELLER.id == _OWNER.reseller_id)
        name = sa.func.coalesce(_RESELLER.name, "")
        return Groups(source=source, columns=(name, _OWNER.id.expression), belongs=is_owner)
    if sort is AssetSort.PRODUCT:
        columns = (Product.name.expression, Product.id.expression)
        return Groups(source=Product, columns=columns, belongs=Product.id == Asset.product_id)
    return None


def _rows_query() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Asset.id,
            Asset.number,
            Asset.kind,
            Asset.name,
            Asset.account_id,
            Asset.status,
            Asset.provisioning_sync_status,
            Asset.term_duration,
            Asset.purchased_at,
            Asset.expires_on,
            Asset.expiry_is_estimated,
            Asset.billing_frequency,
            *PRICE_COLUMNS,
            is_expiring().label("is_expiring"),
            Account.name.label("customer_name"),
            Account.hides_prices,
            _RESERVATIONS.c.region,
            _SOFTWARE.c.software_subscription_sku,
        )
        .select_from(Asset)
        .join(Account, Account.id == Asset.account_id)
        .outerjoin(_RESERVATIONS, _RESERVATIONS.c.id == Asset.id)
        .outerjoin(_SOFTWARE, _SOFTWARE.c.id == Asset.id)
    )


def _row(viewer: Viewer, row: Any) -> AssetRow:
    shown = shown_price(viewer, row, hides_prices=row.hides_prices)
    return AssetRow(
        id=row.id,
        number=asset_number(row.number),
        kind=row.kind,
        name=row.name,
        account_id=row.account_id,
        customer_name=row.customer_name if sees_customers(viewer) else None,
        status=row.status,
        sync_status=row.provisioning_sync_status,
        region=row.region,
        sku=row.software_subscription_sku,
        term=term_label(row.term_duration),
        purchased_at=row.purchased_at,
        expires_on=row.expires_on,
        expiry_is_estimated=row.expiry_is_estimated,
        is_expiring=row.is_expiring,
        billing_frequency=row.billing_frequency,
        quantity=row.quantity,
        currency=row.currency,
        discount_percent=row.discount_percent,
        price=shown.price,
        resale=shown.resale,
    )


ROWS = RowKind(query=_rows_query, row=_row)
