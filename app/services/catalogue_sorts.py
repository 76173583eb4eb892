"""By what the software for sale is sorted."""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from app.domain.access import Viewer
from app.domain.money import minor_units
from app.domain.pricing import Adjustment, AdjustmentKind
from app.models import Product, Sku
from app.services.asset_prices import sees_selling_price
from app.services.pages import Keys
from app.services.prices import PriceRule, Pricing

_NOT_FOR_SALE = sa.literal(Decimal(10) ** 15, sa.Numeric())  # behind every price


class SoftwareSort(StrEnum):
    """The values of `sort=`."""

    NAME = "name"
    TERMS = "terms"
    PRICE = "price"


def software_keys(
    viewer: Viewer,
    pricing: Pricing,
    matching: Sequence[sa.ColumnElement[bool]],
    *,
    sort: SoftwareSort,
    descending: bool,
) -> Keys:
    """For a query of products; `matching` are those of their SKUs that the list is about."""
    of_product = (Sku.product_id == Product.id, *matching)
    columns: dict[SoftwareSort, Sequence[sa.ColumnElement[Any]]] = {
        SoftwareSort.NAME: (),
        SoftwareSort.TERMS: (_terms(of_product),),
        SoftwareSort.PRICE: (_lowest_price(viewer, pricing, of_product),),
    }
    is_hidden = pricing.hides_prices and sees_selling_price(viewer)
    if sort is SoftwareSort.PRICE and is_hidden:
        sort = SoftwareSort.NAME
    keys = (*columns[sort], Product.name.expression, Product.id.expression)
    return Keys(columns=keys, descending=descending)


def _terms(of_product: Sequence[sa.ColumnElement[bool]]) -> sa.ColumnElement[str]:
    """All of them in the order of the column: perpetual, a year, three years."""
    term = sa.func.coalesce(Sku.term_duration, "")
    terms = sa.select(term).where(*of_product).distinct().order_by(term)
    return sa.func.array_to_string(sa.func.array(terms.scalar_subquery()), ",", type_=sa.Text())


def _lowest_price(
    viewer: Viewer, pricing: Pricing, of_product: Sequence[sa.ColumnElement[bool]]
) -> sa.ColumnElement[Decimal]:
    """As the viewer is shown it: it stands in the addresses of the pages, for all to read."""
    factors = {product_id: _factor(rule) for product_id, rule in pricing.product_rules.items()}
    factor = _chosen(factors, Sku.product_id, _factor(pricing.rule) if pricing.rule else None)
    rates = {**pricing.conversion_rates, pricing.currency: Decimal(1)}
    places = minor_units(pricing.currency)
    price = sa.func.round(Sku.cost * _chosen(rates, Sku.currency, None) * factor, places)
    if sees_selling_price(viewer) and pricing.selling_markup is not None:
        markup = Adjustment(AdjustmentKind.MARKUP, pricing.selling_markup)
        price = sa.func.round(price * markup.applied_to(Decimal(1)), places)
    lowest = sa.select(sa.func.min(price, type_=sa.Numeric())).where(*of_product)
    return sa.func.coalesce(lowest.scalar_subquery(), _NOT_FOR_SALE, type_=sa.Numeric())


def _factor(rule: PriceRule) -> Decimal:
    return rule.adjustment.applied_to(Decimal(1))


def _chosen(
    values: dict[Any, Decimal], column: Any, otherwise: Decimal | None
) -> sa.ColumnElement[Any]:
    """The value that belongs to the column's, else `otherwise`."""
    rest = sa.literal(otherwise, sa.Numeric())
    if not values:
        return rest
    numbers = {key: sa.literal(value, sa.Numeric()) for key, value in values.items()}
    return sa.case(numbers, value=column, else_=rest)
