"""What a reseller agrees with its customers: markup, prices shown or hidden, approval."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from app.database import transaction
from app.domain.access import Permission, Viewer
from app.domain.audit import AuditEvent
from app.domain.errors import InvalidError, NotAllowedError, NotFoundError
from app.models import Account
from app.services.audit import Values, audit
from app.services.audit_subjects import of_account
from app.services.customers import customer_of

log = structlog.get_logger()

_LEAST, _MOST = Decimal(0), Decimal(1000)


@dataclass(frozen=True, kw_only=True)
class AgreedTerms:
    """`markup` is in per cent; None takes the reseller's default, also a later one."""

    markup: Decimal | None
    hides_prices: bool
    needs_approval: bool


def save_terms(viewer: Viewer, customer_id: UUID, agreed: AgreedTerms) -> None:
    """From the next quote on. What was bought, and quotes that are held, keep their prices."""
    _check_may_manage(viewer)
    _check_markup(agreed.markup)
    with transaction(viewer.scope) as session:
        customer = _locked(session, viewer, customer_id)
        before = _agreed(customer)
        customer.markup = agreed.markup
        customer.hides_prices = agreed.hides_prices
        customer.needs_approval = agreed.needs_approval
        change = (before, _agreed(customer))
        audit(session, viewer, AuditEvent.ACCOUNT_CHANGED, of_account(customer), change=change)
    log.info(
        "customer.terms_saved",
        account_id=str(customer_id),
        by=str(viewer.user_id),
        markup=None if agreed.markup is None else str(agreed.markup),
        hides_prices=agreed.hides_prices,
        needs_approval=agreed.needs_approval,
    )


def save_default_markup(viewer: Viewer, markup: Decimal) -> None:
    """For every customer without a markup of its own, from its next quote on."""
    _check_may_manage(viewer)
    _check_markup(markup)
    with transaction(viewer.scope) as session:
        own = session.get_one(Account, viewer.account_id, with_for_update=True)
        change = ({"default_markup": own.default_markup}, {"default_markup": markup})
        own.default_markup = markup
        audit(session, viewer, AuditEvent.ACCOUNT_CHANGED, of_account(own), change=change)
    log.info("customer.default_markup_saved", by=str(viewer.user_id), markup=str(markup))


def _check_may_manage(viewer: Viewer) -> None:
    if not viewer.may(Permission.MANAGE_CUSTOMERS):
        raise NotAllowedError("Your role does not change what was agreed with customers.")


def _check_markup(markup: Decimal | None) -> None:
    if markup is not None and not _LEAST <= markup <= _MOST:
        raise InvalidError("A markup is between 0 and 1,000 %.", field="markup")


def _agreed(customer: Account) -> Values:
    return {
        "markup": customer.markup,
        "hides_prices": customer.hides_prices,
        "needs_approval": customer.needs_approval,
    }


def _locked(session: Session, viewer: Viewer, customer_id: UUID) -> Account:
    query = sa.select(Account).where(Account.id == customer_id, customer_of(viewer))
    customer = session.scalar(query.with_for_update())
    if customer is None:
        raise NotFoundError
    return customer
