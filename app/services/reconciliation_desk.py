"""Back office: the list of cases, one of them, and what people do with it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import reading
from app.domain.access import Permission, Viewer
from app.domain.assets import AssetKind, asset_number, subscription_number
from app.domain.errors import NotFoundError
from app.domain.reconciliation import CaseKind, CaseState
from app.domain.sentences import said
from app.models import Account, Asset, ReconciliationCase, ReconciliationRun
from app.services.adoption import find_sku, list_plans, theirs_from
from app.services.pages import Keys, Page, PageRequest, fetch_counted_page
from app.services.prices import pricing_for
from app.services.reconciliation_work import ADOPTABLE

_COST = said("Cost")


@dataclass(frozen=True, kw_only=True)
class CaseQuery:
    page: PageRequest
    q: str = ""
    state: CaseState | None = None
    kind: CaseKind | None = None
    descending: bool = True


@dataclass(frozen=True, kw_only=True)
class CaseRow:
    id: UUID
    number: str
    kind: CaseKind
    state: CaseState
    title: str
    customer_name: str
    account_id: UUID | None
    owner_name: str | None
    opened_at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class LastRun:
    """The newest full comparison; `finished_at` of None: it waits or is under way."""

    actor: str
    started_at: dt.datetime
    finished_at: dt.datetime | None
    customers: int
    unread: int
    matched: int
    differences: int
    adopted: int


@dataclass(frozen=True, kw_only=True)
class Difference:
    field: str
    ours: str | None
    microsoft: str | None


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    at: dt.datetime
    actor: str
    what: str


@dataclass(frozen=True, kw_only=True)
class Choice:
    id: UUID
    label: str


@dataclass(frozen=True, kw_only=True)
class AdoptionOffer:
    """What the form of an adoption begins with. `accounts` is empty where there is no choice.

    `is_resold`: a reseller may charge an end customer for it. Not where its account is direct.
    """

    title: str
    quantity: int
    kind: AssetKind | None  # None: our catalogue does not know the item
    account_id: UUID | None
    accounts: Sequence[Choice]
    plans: Sequence[Choice]
    is_resold: bool
    currency: str
    suggested_buying: Decimal | None
    suggested_selling: Decimal | None


@dataclass(frozen=True, kw_only=True)
class CaseView:
    id: UUID
    version: int
    number: str
    kind: CaseKind
    state: CaseState
    title: str
    customer_id: str
    customer_name: str
    account_id: UUID | None
    asset_id: UUID | None
    asset_label: str | None
    order_id: str | None
    order_alias: str | None
    reference: str | None
    item: str | None
    quantity: int | None
    ordered_at: dt.datetime | None
    differs: Sequence[Difference]
    owner_name: str | None
    is_mine: bool
    note: str
    outcome: str
    opened_at: dt.datetime
    seen_at: dt.datetime
    ended_at: dt.datetime | None
    history: Sequence[HistoryEntry]
    adoption: AdoptionOffer | None
    may_change: bool


def case_number(number: int) -> str:
    return f"REC-{number:05d}"


def list_cases(viewer: Viewer, wanted: CaseQuery) -> Page[CaseRow]:
    _check_staff(viewer)
    session = reading(viewer.scope)
    case = ReconciliationCase
    query = sa.select(
        case.id,
        case.number,
        case.kind,
        case.state,
        case.title,
        case.customer_name,
        case.account_id,
        case.owner_name,
        case.opened_at,
    )
    if wanted.state is not None:
        query = query.where(case.state == wanted.state)
    if wanted.kind is not None:
        query = query.where(case.kind == wanted.kind)
    if wanted.q:
        query = query.where(_matches(wanted.q))
    keys = Keys(columns=(case.number.expression,), descending=wanted.descending)
    page = fetch_counted_page(session, query, keys, wanted.page)
    return page.with_items([_row(row) for row in page.items])


def _row(row: Any) -> CaseRow:
    values = {name: getattr(row, name) for name in CaseRow.__dataclass_fields__}
    return CaseRow(**values | {"number": case_number(row.number)})


def _matches(text: str) -> sa.ColumnElement[bool]:
    case = ReconciliationCase
    columns = (case.title, case.customer_name, case.customer_id, case.order_id)
    return sa.or_(*(column.icontains(text, autoescape=True) for column in columns))


def find_last_run(viewer: Viewer) -> LastRun | None:
    _check_staff(viewer)
    run = reading(viewer.scope).scalar(
        sa.select(ReconciliationRun)
        .where(ReconciliationRun.is_full)
        .order_by(ReconciliationRun.started_at.desc())
        .limit(1)
    )
    if run is None:
        return None
    return LastRun(**{name: getattr(run, name) for name in LastRun.__dataclass_fields__})


def get_case(viewer: Viewer, case_id: UUID) -> CaseView:
    _check_staff(viewer)
    session = reading(viewer.scope)
    case = session.get(ReconciliationCase, case_id)
    if case is None:
        raise NotFoundError
    return _view(session, viewer, case)


def _view(session: Session, viewer: Viewer, case: ReconciliationCase) -> CaseView:
    facts: dict[str, Any] = case.facts
    ordered_at = facts.get("ordered_at")
    number = case.asset_id and session.scalar(
        sa.select(Asset.number).where(Asset.id == case.asset_id)
    )
    may_change = viewer.may(Permission.PROVISION) and not case.state.is_final
    return CaseView(
        **{name: getattr(case, name) for name in _AS_THEY_ARE},
        number=case_number(case.number),
        asset_label=asset_number(number) if number else None,
        order_alias=facts.get("alternate_id") or None,
        reference=facts.get("reference") or None,
        item=f"{facts['product_id']}:{facts['sku_id']}" if facts else None,
        quantity=facts.get("quantity"),
        ordered_at=dt.datetime.fromisoformat(ordered_at) if ordered_at else None,
        differs=_differences(viewer, case),
        is_mine=case.owner_id == viewer.user_id,
        history=[
            HistoryEntry(
                at=dt.datetime.fromisoformat(each["at"]), actor=each["actor"], what=each["what"]
            )
            for each in reversed(case.history)
        ],
        adoption=_offer(session, case) if may_change and case.kind in ADOPTABLE else None,
        may_change=may_change,
    )


_AS_THEY_ARE = (
    "id",
    "version",
    "kind",
    "state",
    "title",
    "customer_id",
    "customer_name",
    "account_id",
    "asset_id",
    "order_id",
    "owner_name",
    "note",
    "outcome",
    "opened_at",
    "seen_at",
    "ended_at",
)


def _differences(viewer: Viewer, case: ReconciliationCase) -> list[Difference]:
    """Costs only for those who may know them: the others are told that they differ."""
    found = []
    for field, (ours, microsoft) in case.differs.items():
        if field == _COST and not viewer.may(Permission.VIEW_COST):
            found.append(
                Difference(field=field, ours=said("not shown"), microsoft=said("not shown"))
            )
        else:
            found.append(Difference(field=field, ours=ours, microsoft=microsoft))
    return found


def _offer(session: Session, case: ReconciliationCase) -> AdoptionOffer:
    their = theirs_from(case.facts)
    sku = find_sku(session, their)
    accounts = [] if case.account_id else _accounts(session)
    is_reservation = sku is not None and sku.kind is AssetKind.RESERVATION
    plans = _plans(session, case.account_id) if is_reservation else []
    currency, buying, selling = "", None, None
    if case.account_id and sku is not None:
        pricing = pricing_for(case.account_id)
        currency = pricing.currency
        if pricing.reason_not_for_sale(sku) is None:
            priced = pricing.price(sku)
            buying = priced.buying.unit_price
            selling = priced.selling.unit_price if priced.selling else None
    return AdoptionOffer(
        title=sku.title if sku else f"{their.product_id}:{their.sku_id}",
        quantity=their.quantity,
        kind=sku.kind if sku else None,
        account_id=case.account_id,
        accounts=accounts,
        plans=plans,
        is_resold=_is_resold(session, case),
        currency=currency,
        suggested_buying=buying,
        suggested_selling=selling,
    )


def _is_resold(session: Session, case: ReconciliationCase) -> bool:
    """Where the account is still to be chosen, some of those offered have to be a reseller's."""
    is_offered = Account.microsoft_tenant_id.is_(None)
    of_case = Account.id == case.account_id if case.account_id else is_offered
    return session.scalars(
        sa.select(sa.exists().where(of_case, Account.reseller_id.is_not(None)))
    ).one()


def _accounts(session: Session) -> list[Choice]:
    """For a customer that only Microsoft knows: the accounts without a tenant there."""
    query = sa.select(Account.id, Account.name).where(Account.microsoft_tenant_id.is_(None))
    rows = session.execute(query.order_by(Account.name, Account.id).limit(500))
    return [Choice(id=row.id, label=row.name) for row in rows]


def _plans(session: Session, account_id: UUID | None) -> list[Choice]:
    if account_id is None:
        return []
    return [
        Choice(id=plan.id, label=f"{subscription_number(plan.number)} · {plan.name}")
        for plan in list_plans(session, account_id)
    ]


def _check_staff(viewer: Viewer) -> None:
    """These rows have no owner to filter by: they are staff's alone."""
    if not viewer.is_staff:
        raise NotFoundError
