"""Back office: what people do with a case: take it, end it, adopt what was bought outside."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import reading, transaction
from app.domain.access import Permission, Viewer
from app.domain.assets import AssetKind, AssetOrigin, asset_number
from app.domain.audit import AuditEvent
from app.domain.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from app.domain.reconciliation import CaseKind, CaseState
from app.domain.sentences import said
from app.models import Account, ReconciliationCase, Sku, Subscription
from app.services.adoption import Adoption, find_sku, make_asset, theirs_from
from app.services.audit import NOTHING, Subject, audit
from app.services.invoices import invoice_adopted_asset
from app.services.prices import Pricing, pricing_for
from app.services.reconciliation_cases import add_history, end

ADOPTABLE = frozenset({CaseKind.THEIRS_ONLY, CaseKind.LOST_HERE})
_LONGEST_NOTE = 2000


def take_case(viewer: Viewer, case_id: UUID) -> None:
    """Look after it from now on."""
    with transaction(viewer.scope) as session:
        case = _locked(session, viewer, case_id)
        case.owner_id, case.owner_name = viewer.user_id, viewer.name
        case.state = CaseState.IN_WORK
        add_history(session, case, actor=viewer.name, what=said("Took it over."))


def save_case(viewer: Viewer, case_id: UUID, *, version: int, note: str, state: CaseState) -> None:
    """Keep a note, and perhaps end the case: what ends it needs a note that says why."""
    with transaction(viewer.scope) as session:
        case = _locked(session, viewer, case_id)
        if case.version != version:
            raise ConflictError("Somebody changed this case while you were writing.")
        if len(note) > _LONGEST_NOTE:
            raise InvalidError(
                "Use at most %(longest_note)s characters.", longest_note=_LONGEST_NOTE, field="note"
            )
        if state.is_final and not note:
            raise InvalidError("Say why, the next person will ask.", field="note")
        if note != case.note:
            case.note = note
            add_history(session, case, actor=viewer.name, what=f"Note: {note or 'none'}")
        if state.is_final:
            end(session, case, state, actor=viewer.name, outcome=note)
            change = (NOTHING, {"state": state})
            audit(session, viewer, AuditEvent.CASE_SETTLED, _subject(case), change=change)
        elif state is not case.state:
            case.state = state
            add_history(session, case, actor=viewer.name, what=state.label)


@dataclass(frozen=True, kw_only=True)
class AdoptionWish:
    account_id: UUID | None
    plan_id: UUID | None
    buying_unit_price: Decimal
    selling_unit_price: Decimal | None
    is_invoiced: bool  # by us, now; else somebody did so outside


def adopt(viewer: Viewer, case_id: UUID, wish: AdoptionWish) -> UUID:
    """Make the asset of what was bought outside, and its invoice; a worker reads its ids. Its id.

    Raises InvalidError at the field that must be decided, ConflictError where it is known already.
    """
    account_id = _account_of(viewer, case_id, wish)
    pricing = pricing_for(account_id)
    with transaction(viewer.scope) as session:
        case = _locked(session, viewer, case_id)
        if case.kind not in ADOPTABLE:
            raise ConflictError("There is nothing to adopt in this case.")
        their = theirs_from(case.facts)
        sku = find_sku(session, their)
        if sku is None:
            raise ConflictError("Our catalogue does not know this item. Refresh the catalogue.")
        account = session.get_one(Account, account_id)
        if account.microsoft_tenant_id is None:
            account.microsoft_tenant_id = case.customer_id
        terms = _terms(session, viewer, account, sku, pricing, wish)
        asset = make_asset(session, their, terms, None)
        case.account_id, case.asset_id = account.id, asset.id
        outcome = said("Adopted as %(number)s.", number=asset_number(asset.number))
        end(session, case, CaseState.RESOLVED, actor=viewer.name, outcome=outcome)
        if wish.is_invoiced:
            invoice_adopted_asset(session, asset, actor=viewer.name)
        about = _subject(case)
        audit(session, viewer, AuditEvent.CASE_SETTLED, about, reason=outcome)
        return asset.id


def _subject(case: ReconciliationCase) -> Subject:
    return Subject(
        kind="reconciliation case", name=case.title, id=case.id, account_id=case.account_id
    )


def _account_of(viewer: Viewer, case_id: UUID, wish: AdoptionWish) -> UUID:
    seen = reading(viewer.scope).get(ReconciliationCase, case_id)
    if seen is None:
        raise NotFoundError
    account_id = seen.account_id or wish.account_id
    if account_id is None:
        raise InvalidError("Choose the account that it belongs to.", field="account_id")
    return account_id


def _terms(
    session: Session,
    viewer: Viewer,
    account: Account,
    sku: Sku,
    pricing: Pricing,
    wish: AdoptionWish,
) -> Adoption:
    """The people's price, with the discount and the VAT that hold for the account today."""
    vat_rate = pricing.vat_rates[sku.kind]
    if vat_rate is None:
        raise ConflictError(
            "No VAT rate is set for the country %(country)s.", country=pricing.country
        )
    rule = pricing.rule_for(sku.product_id)
    return Adoption(
        account=account,
        sku=sku,
        plan=_plan(session, account, sku.kind, wish.plan_id),
        buying_unit_price=wish.buying_unit_price,
        selling_unit_price=_selling(account, wish),
        discount_percent=rule.discount_percent if rule else Decimal(0),
        vat_rate=vat_rate,
        conversion_rate=pricing.conversion_rates.get(sku.currency or "", Decimal(1)),
        origin=AssetOrigin.ADOPTED,
        actor=viewer.name,
    )


def _plan(
    session: Session, account: Account, kind: AssetKind, plan_id: UUID | None
) -> Subscription | None:
    if kind is not AssetKind.RESERVATION:
        return None
    plan = session.scalar(
        sa.select(Subscription).where(
            Subscription.id == plan_id, Subscription.account_id == account.id
        )
    )
    if plan is None:
        raise InvalidError("Choose an Azure plan of this account.", field="plan_id")
    return plan


def _selling(account: Account, wish: AdoptionWish) -> Decimal | None:
    if account.reseller_id is None:
        return None
    if wish.selling_unit_price is None:
        raise InvalidError("Enter what the reseller charges.", field="selling_unit_price")
    return wish.selling_unit_price


def _locked(session: Session, viewer: Viewer, case_id: UUID) -> ReconciliationCase:
    if not viewer.may(Permission.PROVISION):
        raise NotAllowedError("Your role reads cases; it does not change them.")
    case = session.get(ReconciliationCase, case_id, with_for_update=True)
    if case is None:
        raise NotFoundError
    if case.state.is_final:
        raise ConflictError("This case is %(state)s already.", state=said(case.state.label.lower()))
    return case
