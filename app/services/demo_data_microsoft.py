"""What the demo's companies have at Microsoft, read from Partner Center as it stands."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from app.domain.assets import AssetKind, AssetStatus
from app.domain.errors import ConflictError
from app.domain.purchase_commands import Details, Wanted
from app.integrations.microsoft import MicrosoftOrder, MicrosoftOrderLine, MicrosoftSubscription
from app.services.demo_data_world import ACCOUNTS, RETURNED_QUANTITIES
from app.services.ports import PartnerCenter
from app.services.purchase_details import read_reservation, read_software

_AZURE_PLAN_OFFER = "DZH318Z0BPS6:"
_OURS = "DEMO-"
_PARTS_OF_ITEM = 3
_RETURNED = {"cancelled", "deleted"}


@dataclass(frozen=True, kw_only=True)
class Bought:
    """One order of one line, with what Microsoft made of it."""

    reference: str
    kind: AssetKind
    product_id: str
    sku_id: str
    quantity: int
    order_id: str
    alias: str
    ordered_at: dt.datetime
    details: Details

    def status(self, today: dt.date) -> AssetStatus:
        said = self.details.reservation_status or self.details.microsoft_status or ""
        if said.casefold() in _RETURNED:
            return AssetStatus.CANCELLED
        ends_on = self.details.expires_on
        return AssetStatus.EXPIRED if ends_on and ends_on <= today else AssetStatus.ACTIVE


@dataclass(frozen=True, kw_only=True)
class AtMicrosoft:
    """One company: its tenant, its Azure plans, what it bought, oldest first."""

    domain: str
    tenant_id: str
    plans: tuple[MicrosoftSubscription, ...]
    bought: tuple[Bought, ...]


def read_world(partner_center: PartnerCenter) -> dict[str, AtMicrosoft]:
    """Every demo company by its domain. Raises ConflictError where Microsoft lacks one."""
    tenants = {
        customer.domain.casefold(): customer.id for customer in partner_center.list_customers()
    }
    wanted = [account.domain for account in ACCOUNTS if account.kind != "distributor"]
    if missing := [domain for domain in wanted if domain not in tenants]:
        raise ConflictError(f"Microsoft has no customer {missing[0]}: is this the sandbox?")
    return {domain: _read_company(partner_center, domain, tenants[domain]) for domain in wanted}


def _read_company(partner_center: PartnerCenter, domain: str, tenant_id: str) -> AtMicrosoft:
    plans = [
        found
        for found in partner_center.list_subscriptions(tenant_id)
        if found.offer_id.upper().startswith(_AZURE_PLAN_OFFER)
    ]
    bought = sorted(_read_bought(partner_center, tenant_id), key=lambda one: one.ordered_at)
    return AtMicrosoft(domain=domain, tenant_id=tenant_id, plans=tuple(plans), bought=tuple(bought))


def _read_bought(partner_center: PartnerCenter, tenant_id: str) -> Iterator[Bought]:
    for order in partner_center.list_orders(tenant_id):
        for line in order.lines:
            if line.friendly_name.startswith(_OURS) and order.created_at is not None:
                yield _read_line(partner_center, tenant_id, order, line, order.created_at)


def _read_line(
    partner_center: PartnerCenter,
    tenant_id: str,
    order: MicrosoftOrder,
    line: MicrosoftOrderLine,
    ordered_at: dt.datetime,
) -> Bought:
    product_id, sku_id, _ = line.catalog_item_id.split(":", _PARTS_OF_ITEM - 1)
    is_reservation = line.friendly_name.startswith(f"{_OURS}R")
    kind = AssetKind.RESERVATION if is_reservation else AssetKind.SOFTWARE_SUBSCRIPTION
    quantity = line.quantity or RETURNED_QUANTITIES[line.friendly_name]
    wanted = Wanted(
        kind=kind,
        own_ref=line.friendly_name,
        customer_id=tenant_id,
        product_id=product_id,
        sku_id=sku_id,
        quantity=quantity,
        term_duration=line.term_duration,
        cost=Decimal(0),
        cost_currency=order.currency,
        plan_id=None,
        scope=None,
        arm_region=None,
    )
    read = read_reservation if is_reservation else read_software
    return Bought(
        reference=line.friendly_name,
        kind=kind,
        product_id=product_id,
        sku_id=sku_id,
        quantity=quantity,
        order_id=order.id,
        alias=order.alternate_id,
        ordered_at=ordered_at,
        details=read(partner_center, wanted, order.id),
    )
