"""Azure plans: the list, and one with what may be done with it."""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import orm

from app.database import reading
from app.domain.access import Permission, Viewer
from app.domain.assets import (
    AssetStatus,
    ProvisioningSyncStatus,
    SubscriptionStatus,
    asset_number,
    subscription_number,
    term_label,
)
from app.domain.catalogue import RESERVED_INSTANCES_CODE
from app.domain.errors import NotAllowedError, NotFoundError
from app.models import Account, Product, Reservation, Subscription
from app.services.buying import reason_no_reservation, reason_not_to_order_for
from app.services.pages import Details, Keys, Page, PageRequest, each_row, fetch_counted_page
from app.services.visibility import visible_to

_NUMBER = re.compile(r"(?:sub-)?0*([1-9]\d{0,17})", re.IGNORECASE)


class PlanSort(StrEnum):
    """The values of `sort=`. Only the back office shows Microsoft's id in a column."""

    NUMBER = "number"
    ACCOUNT = "account"
    STATUS = "status"
    SYNC = "sync"
    MICROSOFT_ID = "microsoft-id"
    RESERVATIONS = "reservations"


@dataclass(frozen=True, kw_only=True)
class PlanRow:
    """An Azure plan. `account_name` is None for whoever has one account only.

    `reason` says why no reservation can be bought from it; None where one can. The reseller's
    name and the account's tenant at Microsoft are for staff.
    """

    id: UUID
    number: str
    name: str
    account_id: UUID
    account_name: str | None
    reseller_name: str | None
    microsoft_tenant_id: str | None
    status: SubscriptionStatus
    sync_status: ProvisioningSyncStatus
    microsoft_subscription_id: str
    created_at: dt.datetime
    reservations: int
    active_reservations: int
    reason: str | None

    @property
    def may_buy_reservation(self) -> bool:
        return self.reason is None


@dataclass(frozen=True, kw_only=True)
class PlanSearch:
    """What the list shows. `q` looks in name, number, account and Microsoft's id.

    A reseller's are its own and its customers'.
    """

    q: str = ""
    status: SubscriptionStatus | None = None
    sync_status: ProvisioningSyncStatus | None = None
    account_id: UUID | None = None
    reseller_id: UUID | None = None
    sort: PlanSort = PlanSort.NUMBER
    descending: bool = True


def list_subscriptions(viewer: Viewer, search: PlanSearch, *, page: PageRequest) -> Page[PlanRow]:
    """The Azure plans that the viewer sees."""
    ids = (
        sa.select(Subscription.id)
        .join(Account, Account.id == Subscription.account_id)
        .where(visible_to(viewer, Subscription), *_filters(search))
    )
    # Counting a plan's reservations is dear: only those of the page are counted.
    details = Details(query=_query(), id=Subscription.id.expression)
    keys = _keys(search.sort, descending=search.descending)
    found = fetch_counted_page(reading(viewer.scope), ids, keys, page, details=details)
    return found.with_items([_row(viewer, row) for row in found.items])


def export_subscriptions(viewer: Viewer, search: PlanSearch) -> Iterator[PlanRow]:
    """Every row of the list, for a file."""
    if not viewer.may(Permission.EXPORT):
        raise NotAllowedError("Your role does not export lists.")
    return each_row(viewer.scope, lambda page: list_subscriptions(viewer, search, page=page))


def get_subscription(viewer: Viewer, subscription_id: UUID) -> PlanRow:
    query = _query().where(Subscription.id == subscription_id, visible_to(viewer, Subscription))
    row = reading(viewer.scope).execute(query).one_or_none()
    if row is None:
        raise NotFoundError
    return _row(viewer, row)


@dataclass(frozen=True, kw_only=True)
class PlanReservation:
    """A reservation that was bought from a plan."""

    id: UUID
    number: str
    name: str
    region: str | None
    term: str
    quantity: int
    status: AssetStatus
    sync_status: ProvisioningSyncStatus
    expires_on: dt.date | None


def list_plan_reservations(
    viewer: Viewer, subscription_id: UUID, *, page: PageRequest
) -> Page[PlanReservation]:
    """What was bought from the plan, the newest first."""
    query = sa.select(Reservation).where(
        visible_to(viewer, Reservation), Reservation.subscription_id == subscription_id
    )
    session = reading(viewer.scope)
    keys = Keys(columns=(Reservation.number.expression,), descending=True)
    found = fetch_counted_page(session, query, keys, page)
    return found.with_items([_plan_reservation(row[0]) for row in found.items])


def _plan_reservation(reservation: Reservation) -> PlanReservation:
    return PlanReservation(
        id=reservation.id,
        number=asset_number(reservation.number),
        name=reservation.name,
        region=reservation.region,
        term=term_label(reservation.term_duration),
        quantity=reservation.quantity,
        status=reservation.status,
        sync_status=reservation.provisioning_sync_status,
        expires_on=reservation.expires_on,
    )


def _keys(sort: PlanSort, *, descending: bool) -> Keys:
    columns: dict[PlanSort, Sequence[sa.ColumnElement[Any]]] = {
        PlanSort.NUMBER: (),
        PlanSort.ACCOUNT: (Account.name.expression,),
        PlanSort.STATUS: (Subscription.status.expression,),
        PlanSort.SYNC: (Subscription.provisioning_sync_status.expression,),
        PlanSort.MICROSOFT_ID: (Subscription.microsoft_subscription_id.expression,),
        PlanSort.RESERVATIONS: (_active_reservations(),),
    }
    return Keys(columns=(*columns[sort], Subscription.number.expression), descending=descending)


def _reservations() -> sa.Select[*tuple[int]]:
    of_plan = Reservation.subscription_id == Subscription.id
    return sa.select(sa.func.count()).select_from(Reservation).where(of_plan)


def _active_reservations() -> sa.ScalarSelect[int]:
    return _reservations().where(Reservation.status == AssetStatus.ACTIVE).scalar_subquery()


def _query() -> sa.Select[*tuple[Any, ...]]:
    product = sa.select(Product.is_published).where(Product.code == RESERVED_INSTANCES_CODE)
    reseller = orm.aliased(Account)
    named = sa.select(reseller.name).where(reseller.id == Account.reseller_id)
    return sa.select(
        Subscription,
        Account,
        _reservations().scalar_subquery().label("reservations"),
        _active_reservations().label("active"),
        sa.func.coalesce(product.scalar_subquery(), sa.false()).label("is_published"),
        named.scalar_subquery().label("reseller_name"),
    ).join(Account, Account.id == Subscription.account_id)


def _filters(search: PlanSearch) -> list[sa.ColumnElement[bool]]:
    wanted = {
        Subscription.status: search.status,
        Subscription.provisioning_sync_status: search.sync_status,
        Subscription.account_id: search.account_id,
        Subscription.tenant_id: search.reseller_id,
    }
    chosen = [column == value for column, value in wanted.items() if value is not None]
    return [*chosen, *_search(search.q)]


def _search(q: str) -> list[sa.ColumnElement[bool]]:
    text = q.replace("\0", "").strip()
    if not text:
        return []
    places = [
        column.icontains(text, autoescape=True)
        for column in (Subscription.name, Account.name, Subscription.microsoft_subscription_id)
    ]
    if number := _NUMBER.fullmatch(text):
        places.append(Subscription.number == int(number.group(1)))
    return [sa.or_(*places)]


def _row(viewer: Viewer, row: sa.Row[*tuple[Any, ...]]) -> PlanRow:
    plan, account, reservations, active, is_published, reseller_name = row[:6]
    sees_several = viewer.is_staff or viewer.is_reseller
    return PlanRow(
        id=plan.id,
        number=subscription_number(plan.number),
        name=plan.name,
        account_id=plan.account_id,
        account_name=account.name if sees_several else None,
        reseller_name=reseller_name if viewer.is_staff else None,
        microsoft_tenant_id=account.microsoft_tenant_id if viewer.is_staff else None,
        status=plan.status,
        sync_status=plan.provisioning_sync_status,
        microsoft_subscription_id=plan.microsoft_subscription_id,
        created_at=plan.created_at,
        reservations=reservations,
        active_reservations=active,
        reason=_reason(viewer, plan, account, is_published=is_published),
    )


def _reason(
    viewer: Viewer, plan: Subscription, account: Account, *, is_published: bool
) -> str | None:
    reason = reason_not_to_order_for(viewer, account)
    return reason or reason_no_reservation(plan, is_published=is_published)
