"""Reconciliation: our purchases against Microsoft's orders, entitlements and subscriptions."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.database import reading, transaction
from app.domain.access import SYSTEM_SCOPE, Permission, Viewer
from app.domain.assets import AssetKind
from app.domain.errors import ConflictError, NotAllowedError
from app.domain.reconciliation import CaseKind, Finding, Ours, Reconciled, Theirs, reconcile
from app.domain.sentences import said
from app.integrations.microsoft import MicrosoftError, RefusedError
from app.models import (
    Account,
    Control,
    CustomerReading,
    PurchaseEvent,
    ReconciliationCase,
    ReconciliationRun,
)
from app.services.adoption import find_sku, list_plans, make_asset, priced_by_list, take_progress
from app.services.customer_side import CustomerSide
from app.services.prices import pricing_for
from app.services.purchases import PurchaseDriver
from app.services.reconciliation_cases import LIVE, Customer, record_findings
from app.services.reconciliation_sides import read_ours, read_theirs

log = structlog.get_logger()

_AFTER_ORDER = dt.timedelta(minutes=30)
_LOOKS_BACK = dt.timedelta(days=2)  # what is older, the daily comparison has seen
_DAY_BEGINS = dt.timedelta(hours=2)  # UTC
_ACTOR = "reconciliation"


@dataclass(frozen=True, kw_only=True)
class CustomerOutcome:
    matched: int
    differences: int
    adopted: int


def reconcile_customer(driver: PurchaseDriver, customer: Customer) -> CustomerOutcome:
    """Compare one customer and repair what only we forgot. Raises MicrosoftError.

    What Microsoft has with our reference becomes ours again; every other difference is a case.
    """
    side = CustomerSide(driver.partner_center, customer.id, driver.pace)
    theirs = read_theirs(side)
    found = _compare(customer, theirs)
    found = _without_listed_late(driver, customer, found)
    progress = _take_progress(found)
    findings, recreated = _recreate(side, customer, found.findings)
    with transaction(SYSTEM_SCOPE) as session:
        record_findings(session, customer, findings)
        _note_reconciled(session, customer.id)
    return CustomerOutcome(
        matched=found.matched,
        differences=len(findings),
        adopted=progress + recreated,
    )


def _compare(customer: Customer, theirs: Sequence[Theirs]) -> Reconciled:
    return reconcile(read_ours(customer.id, theirs), theirs, customer.id)


def _without_listed_late(
    driver: PurchaseDriver, customer: Customer, found: Reconciled
) -> Reconciled:
    """An order that the list misses is asked for by its id before anybody is alarmed."""
    kept = []
    for finding in found.findings:
        if finding.kind is CaseKind.OURS_ONLY and _exists(driver, customer, finding.ours):
            continue
        kept.append(finding)
    late = len(found.findings) - len(kept)
    return replace(found, matched=found.matched + late, findings=tuple(kept))


def _exists(driver: PurchaseDriver, customer: Customer, our: Ours | None) -> bool:
    if our is None or our.order_id is None:
        return False
    driver.pace.wait()
    try:
        driver.partner_center.get_order(customer.id, our.order_id)
    except RefusedError:
        return False
    return True


def _take_progress(found: Reconciled) -> int:
    taken = 0
    for our, their in found.lost_progress:
        with transaction(SYSTEM_SCOPE) as session:
            taken += take_progress(session, our, their, actor=_ACTOR)
    return taken


def _recreate(
    side: CustomerSide, customer: Customer, findings: Iterable[Finding]
) -> tuple[list[Finding], int]:
    """What was lost here is made again where its account and its price are known."""
    kept, recreated = [], 0
    for finding in findings:
        made = finding
        if finding.kind is CaseKind.LOST_HERE and finding.theirs is not None:
            made = _recreate_one(side, customer, finding, finding.theirs)
        recreated += made is not finding
        kept.append(made)
    return kept, recreated


def _recreate_one(
    side: CustomerSide, customer: Customer, finding: Finding, their: Theirs
) -> Finding:
    """The case that people check the price in; the finding itself where it cannot be made."""
    account_id = customer.account_id
    if account_id is None:
        return finding
    session = reading(SYSTEM_SCOPE)
    sku = find_sku(session, their)
    session.rollback()
    if sku is None:
        return finding
    pricing = pricing_for(account_id)
    has_term = sku.term_duration is not None
    details = side.details_of(sku.kind, their.order_id, has_term=has_term)
    try:
        with transaction(SYSTEM_SCOPE) as session:
            account = session.get_one(Account, account_id)
            plans = list_plans(session, account_id) if sku.kind is AssetKind.RESERVATION else []
            plan = plans[0] if plans else None
            terms = priced_by_list(pricing, account, sku, plan, actor=_ACTOR)
            asset = make_asset(session, their, terms, details)
            name, asset_id = asset.name, asset.id
    except ConflictError as error:
        log.warning("reconciliation.not_recreated", order_id=their.order_id, reason=error.message)
        return finding
    return Finding(
        kind=CaseKind.RECREATED,
        title=said(
            "%(name)s was found at Microsoft: check its price and its Azure plan", name=name
        ),
        differs={},
        theirs=their,
        made_asset_id=asset_id,
    )


def _note_reconciled(session: Session, customer_id: str) -> None:
    values = {"reconciled_at": sa.func.clock_timestamp()}
    session.execute(
        insert(CustomerReading)
        .values(customer_id=customer_id, **values)
        .on_conflict_do_update(index_elements=["customer_id"], set_=values)
    )


# ------------------------------------------------------------------------------------- runs


def ask_for_reconciliation(viewer: Viewer) -> None:
    """Let the dispatcher compare every customer now; one that is asked for already is enough."""
    if not viewer.may(Permission.PROVISION):
        raise NotAllowedError("Your role does not ask Microsoft.")
    with transaction(viewer.scope) as session:
        waiting = sa.select(ReconciliationRun.id).where(ReconciliationRun.finished_at.is_(None))
        if session.scalar(waiting.limit(1)) is None:
            session.add(ReconciliationRun(is_full=True, actor=viewer.name))


def keep_reconciling(driver: PurchaseDriver) -> None:
    """What the schedule does: runs that were asked for, the daily one, half an hour after orders.

    A run that was broken off is made again from its beginning: nothing of it harms twice.
    """
    run_id = _next_run()
    if run_id is not None:
        run_reconciliation(driver, run_id)
    for customer in _after_orders():
        try:
            reconcile_customer(driver, customer)
        except MicrosoftError as error:
            log.warning("reconciliation.unread", customer_id=customer.id, code=error.code)
            break  # a minute later again


def _next_run() -> UUID | None:
    """One that is not finished; else today's where there was none since the day began."""
    with transaction(SYSTEM_SCOPE) as session:
        waiting = sa.select(ReconciliationRun.id).where(ReconciliationRun.finished_at.is_(None))
        run_id = session.scalar(waiting.order_by(ReconciliationRun.started_at).limit(1))
        if run_id is None and _is_daily_due(session):
            run = ReconciliationRun(is_full=True, actor=_ACTOR)
            session.add(run)
            session.flush()
            run_id = run.id
        return run_id


def _is_daily_due(session: Session) -> bool:
    """A new installation waits for its first day."""
    now = session.scalars(sa.select(sa.func.now())).one().astimezone(dt.UTC)
    begins = dt.datetime.combine(now.date(), dt.time(), dt.UTC) + _DAY_BEGINS
    if begins > now:
        begins -= dt.timedelta(days=1)
    last = session.scalar(
        sa.select(sa.func.max(ReconciliationRun.started_at)).where(ReconciliationRun.is_full)
    ) or session.scalar(sa.select(sa.func.min(Account.created_at)))
    return last is not None and last < begins


def run_reconciliation(driver: PurchaseDriver, run_id: UUID) -> None:
    """Every customer that we or Microsoft know. Ends a restore's ban where nothing of ours is
    missing here any more."""
    counts = {"customers": 0, "unread": 0, "matched": 0, "differences": 0, "adopted": 0}
    for customer in _all_customers(driver, counts):
        try:
            outcome = reconcile_customer(driver, customer)
        except MicrosoftError as error:
            log.warning("reconciliation.unread", customer_id=customer.id, code=error.code)
            counts["unread"] += 1
        else:
            counts["matched"] += outcome.matched
            counts["differences"] += outcome.differences
            counts["adopted"] += outcome.adopted
        counts["customers"] += 1
        _store_run(run_id, counts, is_finished=False)
    _store_run(run_id, counts, is_finished=True)
    log.info("reconciliation.finished", **counts)


def _store_run(run_id: UUID, counts: dict[str, int], *, is_finished: bool) -> None:
    with transaction(SYSTEM_SCOPE) as session:
        run = session.get_one(ReconciliationRun, run_id)
        for name, count in counts.items():
            setattr(run, name, count)
        if is_finished:
            run.finished_at = sa.func.clock_timestamp()
            if not counts["unread"] and not _has_lost(session):
                session.execute(sa.update(Control).values(reconciled_at=sa.func.clock_timestamp()))


def _has_lost(session: Session) -> bool:
    """Something with our reference at Microsoft that nobody made ours again yet."""
    lost = sa.select(ReconciliationCase.id).where(
        ReconciliationCase.kind == CaseKind.LOST_HERE, ReconciliationCase.state.in_(LIVE)
    )
    return session.scalar(lost.limit(1)) is not None


def _all_customers(driver: PurchaseDriver, counts: dict[str, int]) -> list[Customer]:
    ours = _our_customers()
    known = {customer.id.casefold() for customer in ours}
    driver.pace.wait()
    try:
        theirs = driver.partner_center.list_customers()
    except MicrosoftError as error:
        log.warning("reconciliation.customers_unread", code=error.code)
        counts["unread"] += 1
        return ours
    return ours + [
        Customer(id=each.id, name=each.company_name, account_id=None)
        for each in theirs
        if each.id.casefold() not in known
    ]


def _our_customers(*filters: sa.ColumnElement[bool]) -> list[Customer]:
    """By account; where two share a tenant, the first stands for both."""
    query = (
        sa.select(Account.microsoft_tenant_id, Account.name, Account.id)
        .where(Account.microsoft_tenant_id.is_not(None), *filters)
        .order_by(Account.number)
    )
    session = reading(SYSTEM_SCOPE)
    rows: Sequence[Any] = session.execute(query).all()
    session.rollback()
    found: dict[str, Customer] = {}
    for customer_id, name, account_id in rows:
        customer = Customer(id=customer_id, name=name, account_id=account_id)
        found.setdefault(customer.id, customer)
    return list(found.values())


def _after_orders() -> list[Customer]:
    """Customers with an order of half an hour ago that were not compared since."""
    read_at = (
        sa.select(CustomerReading.reconciled_at)
        .where(CustomerReading.customer_id == Account.microsoft_tenant_id)
        .correlate(Account)  # two levels up, which is not done by itself
        .scalar_subquery()
    )
    ordered = sa.exists().where(
        PurchaseEvent.account_id == Account.id,
        PurchaseEvent.event == "ordered",
        PurchaseEvent.at <= sa.func.now() - _AFTER_ORDER,
        PurchaseEvent.at > sa.func.now() - _LOOKS_BACK,
        sa.or_(read_at.is_(None), PurchaseEvent.at > read_at - _AFTER_ORDER),
    )
    return _our_customers(ordered)
