"""What is asked of Microsoft, frozen as JSON on the purchase's row."""

import secrets
from decimal import Decimal
from typing import Any

from app.domain.assets import AssetKind, asset_number
from app.domain.errors import ConflictError
from app.domain.purchase_commands import Wanted
from app.models import Account, Asset, Reservation, Subscription

_SUFFIX_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_own_ref(number: int) -> str:
    """Our reference at Microsoft, unique for ever.

    The number is for people; the rest keeps it unique even where a restored database gives
    the same number again.
    """
    suffix = "".join(secrets.choice(_SUFFIX_ALPHABET) for _ in range(8))
    return f"{asset_number(number)}-{suffix}"


def params_of(asset: Asset, account: Account, plan: Subscription | None) -> dict[str, Any]:
    """The purchase parameters of an asset as it stands; Decimals as text, exactly."""
    if account.microsoft_tenant_id is None:
        raise ConflictError("%(name)s has no tenant at Microsoft yet.", name=account.name)
    return {
        "kind": asset.kind.value,
        "customer_id": account.microsoft_tenant_id,
        "product_id": asset.microsoft_product_id,
        "sku_id": asset.microsoft_sku_id,
        "quantity": asset.quantity,
        "term_duration": asset.term_duration,
        "cost": str(asset.unit_cost),
        "cost_currency": asset.cost_currency,
        "plan_id": plan.microsoft_subscription_id if plan else None,
        "scope": asset.scope.casefold() if isinstance(asset, Reservation) else None,
        "arm_region": asset.arm_region if isinstance(asset, Reservation) else None,
    }


def wanted_from(params: dict[str, Any], own_ref: str) -> Wanted:
    return Wanted(
        kind=AssetKind(params["kind"]),
        own_ref=own_ref,
        customer_id=params["customer_id"],
        product_id=params["product_id"],
        sku_id=params["sku_id"],
        quantity=params["quantity"],
        term_duration=params["term_duration"],
        cost=Decimal(params["cost"]),
        cost_currency=params["cost_currency"],
        plan_id=params["plan_id"],
        scope=params["scope"],
        arm_region=params["arm_region"],
    )
