"""The frozen prices of an order line, worked out."""

from decimal import Decimal
from typing import Any

from app.domain.access import Viewer
from app.domain.pricing import PricedLine, price_line
from app.models import OrderLine
from app.services.prices import ShownPrice, shown_to


def buying_of(line: OrderLine) -> PricedLine:
    return _priced(line, line.buying_unit_price)


def selling_of(line: OrderLine) -> PricedLine | None:
    """None where no reseller stands between."""
    unit_price = line.selling_unit_price
    return None if unit_price is None else _priced(line, unit_price)


def shown_line(viewer: Viewer, line: OrderLine, *, hides_prices: bool) -> ShownPrice:
    return shown_to(viewer, buying_of(line), selling_of(line), hides_prices=hides_prices)


def _priced(line: OrderLine, unit_price: Decimal) -> PricedLine:
    return price_line(
        unit_price,
        line.quantity,
        discount_percent=line.discount_percent,
        vat_rate=line.vat_rate,
        currency=line.currency,
    )


def frozen_prices(line: OrderLine) -> dict[str, Any]:
    """The money columns of the asset that this line becomes; from then on nothing moves them."""
    buying, selling = buying_of(line), selling_of(line)
    return {
        "currency": line.currency,
        "cost_currency": line.cost_currency,
        "unit_cost": line.unit_cost,
        "conversion_rate": line.conversion_rate,
        "discount_percent": line.discount_percent,
        "vat_rate": line.vat_rate,
        "buying_unit_price": buying.unit_price,
        "buying_net": buying.total.net,
        "buying_vat": buying.total.vat,
        "selling_unit_price": selling.unit_price if selling else None,
        "selling_net": selling.total.net if selling else None,
        "selling_vat": selling.total.vat if selling else None,
    }
