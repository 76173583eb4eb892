"""The frozen prices of an asset, as one viewer may know them."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from app.domain.access import AccountKind, Viewer
from app.domain.money import TaxedPrice
from app.domain.pricing import PricedLine, price_line
from app.models import Asset
from app.services.prices import ShownPrice, shown_to

PRICE_COLUMNS = (
    Asset.quantity,
    Asset.currency,
    Asset.discount_percent,
    Asset.vat_rate,
    Asset.buying_unit_price,
    Asset.buying_net,
    Asset.buying_vat,
    Asset.selling_unit_price,
    Asset.selling_net,
    Asset.selling_vat,
)


def sees_selling_price(viewer: Viewer) -> bool:
    """An end customer pays its reseller; everybody else is shown what the distributor invoices."""
    return viewer.account_kind is AccountKind.END_CUSTOMER


def shown_price(viewer: Viewer, row: Any, *, hides_prices: bool) -> ShownPrice:
    """`row` carries PRICE_COLUMNS: an asset, or a row of a query."""
    buying = _line(row, row.buying_unit_price, TaxedPrice(row.buying_net, row.buying_vat))
    selling = None
    if row.selling_unit_price is not None:
        total = TaxedPrice(row.selling_net, row.selling_vat)
        selling = _line(row, row.selling_unit_price, total)
    return shown_to(viewer, buying, selling, hides_prices=hides_prices)


def _line(row: Any, unit_price: Decimal, total: TaxedPrice) -> PricedLine:
    """The total is the frozen one, so that rows add up to the sums that are kept of them."""
    line = price_line(
        unit_price,
        row.quantity,
        discount_percent=row.discount_percent,
        vat_rate=row.vat_rate,
        currency=row.currency,
    )
    return replace(line, total=total)


def price_again(asset: Asset) -> None:
    """The same frozen unit prices and discount, over another quantity."""
    asset.buying_net, asset.buying_vat = _total(asset, asset.buying_unit_price)
    if asset.selling_unit_price is not None:
        asset.selling_net, asset.selling_vat = _total(asset, asset.selling_unit_price)


def _total(asset: Asset, unit_price: Decimal) -> tuple[Decimal, Decimal]:
    line = price_line(
        unit_price,
        asset.quantity,
        discount_percent=asset.discount_percent,
        vat_rate=asset.vat_rate,
        currency=asset.currency,
    )
    return line.total.net, line.total.vat
