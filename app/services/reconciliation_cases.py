"""The cases of a reconciliation: kept while a difference lasts, ended by people or by itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from app.domain.reconciliation import CaseKind, CaseState, Finding
from app.domain.sentences import said
from app.models import ReconciliationCase
from app.services.adoption import facts_of

log = structlog.get_logger()

LIVE = (CaseState.OPEN, CaseState.IN_WORK)
_KNOWN = (*LIVE, CaseState.ACCEPTED)
_GONE = said("The next comparison did not see it any more.")
_SYSTEM = "reconciliation"


@dataclass(frozen=True, kw_only=True)
class Customer:
    """`account_id` is None for a customer that only Microsoft knows."""

    id: str
    name: str
    account_id: UUID | None


def record_findings(session: Session, customer: Customer, findings: Iterable[Finding]) -> None:
    """Open what is new, keep what is there, end what is gone."""
    known = {
        case.fingerprint: case
        for case in session.scalars(
            sa.select(ReconciliationCase)
            .where(
                ReconciliationCase.customer_id == customer.id,
                ReconciliationCase.state.in_(_KNOWN),
            )
            .with_for_update()
        )
    }
    for finding in findings:
        case = known.pop(finding.fingerprint, None)
        if case is None:
            session.add(_new_case(customer, finding))
            log.warning("reconciliation.difference", kind=finding.kind, title=finding.title)
        else:
            _see_again(session, case, finding)
    for case in known.values():
        if case.kind is not CaseKind.RECREATED:  # people say when its price is right
            end(session, case, CaseState.RESOLVED, actor=_SYSTEM, outcome=_GONE)


def _new_case(customer: Customer, finding: Finding) -> ReconciliationCase:
    our, their = finding.ours, finding.theirs
    return ReconciliationCase(
        fingerprint=finding.fingerprint,
        kind=finding.kind,
        state=CaseState.OPEN,
        customer_id=customer.id,
        customer_name=customer.name,
        account_id=our.account_id if our else customer.account_id,
        asset_id=our.asset_id if our else finding.made_asset_id,
        order_id=their.order_id if their else (our.order_id if our else None),
        title=finding.title,
        differs=finding.differs,
        facts=facts_of(their) if their else {},
        history=[],
    )


def _see_again(session: Session, case: ReconciliationCase, finding: Finding) -> None:
    case.seen_at = sa.func.now()
    case.title = finding.title
    if case.differs == finding.differs:
        return
    case.differs = finding.differs
    if case.state is CaseState.ACCEPTED:  # what was accepted was another difference
        case.state = CaseState.OPEN
        add_history(
            session, case, actor=_SYSTEM, what=said("Opened again: it differs otherwise now.")
        )


def end(
    session: Session, case: ReconciliationCase, state: CaseState, *, actor: str, outcome: str
) -> None:
    """A final word on a locked case."""
    case.state = state
    case.ended_at = sa.func.now()
    case.outcome = outcome
    add_history(session, case, actor=actor, what=f"{state.label}: {outcome}")


def add_history(session: Session, case: ReconciliationCase, *, actor: str, what: str) -> None:
    now = session.scalars(sa.select(sa.func.clock_timestamp())).one()
    entry: dict[str, Any] = {"at": now.isoformat(), "actor": actor, "what": what}
    case.history = [*case.history, entry]
    case.version += 1
