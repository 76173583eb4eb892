"""Importing customers from Partner Center: read as a job that staff follow, compared, applied."""

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert

from app.database import reading, transaction
from app.domain.access import SYSTEM_SCOPE, Permission, Viewer
from app.domain.audit import AuditEvent
from app.domain.customer_import import CustomerFound, Difference, ImportState, PlanFound
from app.domain.errors import (
    ConflictError,
    DomainError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
)
from app.domain.sentences import said
from app.integrations.microsoft import MicrosoftCustomer, MicrosoftError
from app.models import CustomerImport
from app.services.audit import NOTHING, Subject, audit
from app.services.customer_import_work import apply_found, differences
from app.services.pace import Pace
from app.services.ports import PartnerCenter
from app.services.purchases import PurchaseDriver

log = structlog.get_logger(__name__)

AZURE_PLAN_OFFER = "DZH318Z0BPS6:"  # the product that every Azure plan is an offer of
_AGREEMENT = "microsoftcustomeragreement"
_SHOWN = 500
_STEP = "Reading customers"


@dataclass(frozen=True, kw_only=True)
class ImportView:
    """`differences` are the first ones, `count` how many there are."""

    id: UUID
    state: ImportState
    step: str
    done: int
    total: int
    requested_by: str
    requested_at: dt.datetime
    finished_at: dt.datetime | None
    applied_at: dt.datetime | None
    applied_by: str | None
    error: str | None
    customers: int
    differences: tuple[Difference, ...]
    count: int

    @property
    def is_over(self) -> bool:
        return self.finished_at is not None

    @property
    def may_be_applied(self) -> bool:
        return self.state is ImportState.READY and bool(self.count)


def latest_import(viewer: Viewer) -> ImportView | None:
    """The newest reading, compared with our accounts as they are now."""
    _check_right(viewer)
    query = sa.select(CustomerImport).order_by(CustomerImport.requested_at.desc()).limit(1)
    row = reading(viewer.scope).scalar(query)
    return _view(row) if row else None


def request_import(viewer: Viewer) -> None:
    """Have customers read soon. A reading that is under way already is the same one."""
    _check_right(viewer)
    with transaction(viewer.scope) as session:
        session.execute(insert(CustomerImport).values(_new(viewer.name)).on_conflict_do_nothing())
        audit(session, viewer, AuditEvent.IMPORT_ASKED, _subject(None))


def apply_import(viewer: Viewer, import_id: UUID, only: Collection[str] | None = None) -> int:
    """Store what was read; how many customers it changed. Applying it again changes nothing.

    `only` are the ids of the customers that are meant; None: all of them. While others differ,
    the reading stays ready for them. Raises NotFoundError, InvalidError where nobody is meant,
    and ConflictError for a reading that is not the newest or not over.
    """
    _check_right(viewer)
    if only is not None and not only:
        raise InvalidError("Tick at least one customer.", field="scope")
    return _apply(import_id, viewer.name, viewer, only)


def check_is_there(viewer: Viewer, import_id: UUID) -> None:
    """Raises NotFoundError where there is no such reading."""
    _check_right(viewer)
    if reading(viewer.scope).get(CustomerImport, import_id) is None:
        raise NotFoundError


def run_import(driver: PurchaseDriver, actor: str) -> tuple[UUID, tuple[Difference, ...]]:
    """For the command line: read now. Raises ConflictError where it cannot be read."""
    with transaction(SYSTEM_SCOPE) as session:
        session.execute(insert(CustomerImport).values(_new(actor)).on_conflict_do_nothing())
    import_when_asked(driver)
    row = reading(SYSTEM_SCOPE).scalars(
        sa.select(CustomerImport).order_by(CustomerImport.requested_at.desc()).limit(1)
    )
    view = _view(row.one())
    if view.state is not ImportState.READY:
        raise ConflictError(view.error or "Another process reads the customers just now.")
    return view.id, view.differences


def apply_by_command(import_id: UUID, actor: str) -> int:
    return _apply(import_id, actor, actor)


def import_when_asked(driver: PurchaseDriver) -> bool:
    """Do what was asked for; whether there was something. One process at a time may be in here:
    what another one left unfinished is begun again."""
    import_id = _take()
    if import_id is None:
        return False
    try:
        found = _read(driver, lambda done, total: _say(import_id, done, total))
    except (MicrosoftError, DomainError) as error:
        log.warning("customers.import_failed", error=error.message)
        _finish(import_id, ImportState.FAILED, error=error.message)
    else:
        _finish(import_id, ImportState.READY, found=[asdict(each) for each in found])
    return True


def _read(driver: PurchaseDriver, say: Callable[[int, int], None]) -> list[CustomerFound]:
    """Three calls for each customer. All of them or none: an import of half would show the other
    half as gone."""
    listed = driver.partner_center.list_customers()
    found = []
    for done, customer in enumerate(listed):
        say(done, len(listed))
        found.append(read_customer(driver.partner_center, driver.pace, customer))
    say(len(listed), len(listed))
    return found


def read_customer(center: PartnerCenter, pace: Pace, listed: MicrosoftCustomer) -> CustomerFound:
    """With the country, which lists leave out, the agreement and the Azure plans."""
    pace.wait()
    customer = center.get_customer(listed.id)
    pace.wait()
    agreements = [
        agreement
        for agreement in center.list_agreements(listed.id)
        if agreement.type.casefold() == _AGREEMENT
    ]
    pace.wait()
    plans = tuple(
        PlanFound(
            id=each.id.casefold(),
            name=each.friendly_name or each.offer_name,
            status=each.status.casefold(),
        )
        for each in center.list_subscriptions(listed.id)
        if each.offer_id.upper().startswith(AZURE_PLAN_OFFER)
    )
    agreed_on = next((each.agreed_on for each in agreements if each.agreed_on), None)
    return CustomerFound(
        id=customer.id.casefold(),
        name=customer.company_name,
        domain=customer.domain,
        country=customer.country.upper(),
        has_agreement=bool(agreements),
        agreed_on=agreed_on.isoformat() if agreed_on else "",
        plans=plans,
    )


def _apply(
    import_id: UUID, actor: str, by: Viewer | str, only: Collection[str] | None = None
) -> int:
    newest = sa.select(CustomerImport.id).order_by(CustomerImport.requested_at.desc()).limit(1)
    with transaction(SYSTEM_SCOPE) as session:
        row = session.get(CustomerImport, import_id, with_for_update=True)
        if row is None:
            raise NotFoundError
        if row.state not in {ImportState.READY, ImportState.APPLIED}:
            raise ConflictError("This reading is not over, or failed. Read the customers again.")
        if session.scalar(newest) != import_id:
            raise ConflictError("The customers were read again meanwhile. Look at the new reading.")
        found = _found(row)
        changed = apply_found(session, found, only)
        session.flush()
        is_done = only is None or not differences(session, found)
        row.state = ImportState.APPLIED if is_done else ImportState.READY
        row.applied_at, row.applied_by = sa.func.now(), actor
        change = (NOTHING, {"customers": changed})
        audit(session, by, AuditEvent.IMPORT_APPLIED, _subject(import_id), change=change)
    log.info("customers.imported", customers=changed)
    return changed


def _new(actor: str) -> dict[str, Any]:
    return {"state": ImportState.QUEUED, "requested_by": actor, "step": said("Waiting to begin")}


def _subject(import_id: UUID | None) -> Subject:
    return Subject(kind="import", name="Customers of Partner Center", id=import_id)


def _take() -> UUID | None:
    with transaction(SYSTEM_SCOPE) as session:
        return session.scalar(
            sa.update(CustomerImport)
            .where(CustomerImport.finished_at.is_(None))
            .values(state=ImportState.RUNNING, step=_STEP, done=0, total=0)
            .returning(CustomerImport.id)
            .execution_options(synchronize_session=False)
        )


def _say(import_id: UUID, done: int, total: int) -> None:
    _change(import_id, done=done, total=total)


def _finish(import_id: UUID, state: ImportState, **values: Any) -> None:
    _change(import_id, state=state, step="", finished_at=sa.func.now(), **values)


def _change(import_id: UUID, **values: Any) -> None:
    with transaction(SYSTEM_SCOPE) as session:
        session.execute(
            sa.update(CustomerImport).where(CustomerImport.id == import_id).values(values)
        )


def _view(row: CustomerImport) -> ImportView:
    found = _found(row)
    is_ready = row.state is ImportState.READY
    all_differences = differences(reading(SYSTEM_SCOPE), found) if is_ready else []
    return ImportView(
        id=row.id,
        state=row.state,
        step=row.step,
        done=row.done,
        total=row.total,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        finished_at=row.finished_at,
        applied_at=row.applied_at,
        applied_by=row.applied_by,
        error=row.error,
        customers=len(found),
        differences=tuple(all_differences[:_SHOWN]),
        count=len(all_differences),
    )


def _found(row: CustomerImport) -> list[CustomerFound]:
    return [
        CustomerFound(**{**each, "plans": tuple(PlanFound(**plan) for plan in each["plans"])})
        for each in row.found
    ]


def _check_right(viewer: Viewer) -> None:
    if not viewer.may(Permission.ADMINISTER):
        raise NotAllowedError("Only administrators import customers.")
