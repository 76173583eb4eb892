"""What Microsoft charges for an asset, and what is left of its price. Never for customers."""

from dataclasses import dataclass
from decimal import Decimal

from app.domain.pricing import PricedLine
from app.models import Asset

_CENT = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class CostOfAsset:
    """What Microsoft charges. `margin` is None where no rate converts it."""

    currency: str
    unit: Decimal
    total: Decimal
    margin: Decimal | None
    margin_percent: Decimal | None  # of the buying price


def cost_of(asset: Asset, buying: PricedLine) -> CostOfAsset:
    total = asset.unit_cost * asset.quantity
    is_comparable = asset.cost_currency == asset.currency or asset.conversion_rate != 1
    margin = buying.total.net - total * asset.conversion_rate if is_comparable else None
    percent = None
    if margin is not None and buying.total.net:
        percent = (margin / buying.total.net * 100).quantize(_CENT)
    return CostOfAsset(
        currency=asset.cost_currency,
        unit=asset.unit_cost,
        total=total,
        margin=margin,
        margin_percent=percent,
    )
