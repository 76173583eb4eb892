"""Invoicing what was taken over from Microsoft and not invoiced then, when people ask for it."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import reading, transaction
from app.domain.access import Permission, Viewer
from app.domain.assets import AssetOrigin, AssetStatus, asset_number
from app.domain.audit import AuditEvent
from app.domain.errors import ConflictError, NotAllowedError, NotFoundError
from app.domain.pricing import PricedLine
from app.domain.sentences import Sentence, said
from app.models import Account, Asset, InvoiceLine
from app.services.asset_prices import shown_price
from app.services.audit import audit
from app.services.audit_subjects import of_asset
from app.services.invoices import invoice_adopted_asset
from app.services.visibility import visible_to


@dataclass(frozen=True, kw_only=True)
class ToInvoice:
    """What is about to be invoiced, and to whom. Its VAT is found when it is issued."""

    asset_id: UUID
    number: str
    name: str
    payer_name: str
    microsoft_order_id: str | None
    price: PricedLine


def may_be_invoiced(viewer: Viewer, asset: Asset, *, is_invoiced: bool) -> bool:
    """Whether the page offers it: taken over, alive, and on no invoice yet."""
    return (
        viewer.may(Permission.MANAGE_INVOICES) and _why_not(asset, is_invoiced=is_invoiced) is None
    )


def get_to_invoice(viewer: Viewer, asset_id: UUID) -> ToInvoice:
    """Raises ConflictError where it is not to be invoiced by hand."""
    _check_may_invoice(viewer)
    session = reading(viewer.scope)
    asset = _free_asset(session, viewer, asset_id)
    price = shown_price(viewer, asset, hides_prices=False).price
    if price is None:
        raise TypeError("The price of an asset is hidden from staff.")
    return ToInvoice(
        asset_id=asset.id,
        number=asset_number(asset.number),
        name=asset.name,
        payer_name=session.get_one(Account, asset.tenant_id).name,
        microsoft_order_id=asset.microsoft_order_id,
        price=price,
    )


def invoice_asset(viewer: Viewer, asset_id: UUID) -> UUID:
    """Invoice the asset at the price that stands on it, once; the invoice's id.

    Raises ConflictError where it is invoiced already, was ordered here, or is cancelled.
    """
    _check_may_invoice(viewer)
    with transaction(viewer.scope) as session:
        asset = _free_asset(session, viewer, asset_id, is_locked=True)
        invoice_id = invoice_adopted_asset(session, asset, actor=viewer.name)
        if invoice_id is None:
            raise ConflictError("There is nothing to invoice.")
        audit(session, viewer, AuditEvent.INVOICE_MADE, of_asset(asset))
        return invoice_id


def _check_may_invoice(viewer: Viewer) -> None:
    if not viewer.may(Permission.MANAGE_INVOICES):
        raise NotAllowedError("Your role does not issue invoices.")


def _free_asset(
    session: Session, viewer: Viewer, asset_id: UUID, *, is_locked: bool = False
) -> Asset:
    query = sa.select(Asset).where(Asset.id == asset_id, visible_to(viewer, Asset))
    asset = session.scalar(query.with_for_update(of=Asset) if is_locked else query)
    if asset is None:
        raise NotFoundError
    has_line = sa.select(sa.exists().where(InvoiceLine.asset_id == asset.id))
    reason = _why_not(asset, is_invoiced=session.scalars(has_line).one())
    if reason is not None:
        raise ConflictError(reason)
    return asset


def _why_not(asset: Asset, *, is_invoiced: bool) -> Sentence | None:
    if is_invoiced:
        return said("This asset is invoiced already.")
    if asset.origin is AssetOrigin.ORDERED:
        return said("This asset is invoiced with its order.")
    if asset.status is AssetStatus.CANCELLED:
        return said("This asset is cancelled: there is nothing to invoice.")
    return None
