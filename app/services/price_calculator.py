"""Back office: how a price comes about, step by step."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa

from app.database import reading
from app.domain.access import Permission, Viewer
from app.domain.assets import account_number
from app.domain.errors import NotAllowedError, NotFoundError
from app.domain.pricing import PricedLine
from app.models import Account, Sku
from app.services.account_names import account_called
from app.services.prices import PriceRule, Pricing, pricing_for

_MOST_CHOICES = 20


@dataclass(frozen=True, kw_only=True)
class SkuChoice:
    id: UUID
    title: str
    segment: str
    cost: Decimal | None
    currency: str | None


@dataclass(frozen=True, kw_only=True)
class Calculation:
    """`reason` says why it is not for sale; then there are no steps.

    `buying_exact` is before rounding. `selling` is None where no reseller stands between.
    """

    account_name: str
    account_number: str
    sku: SkuChoice
    reason: str | None
    rule: PriceRule | None
    is_own_rule: bool  # the product's own, not its list's
    rate: Decimal | None
    converted: Decimal | None
    buying_exact: Decimal | None
    buying: PricedLine | None
    selling_markup: Decimal | None
    selling: PricedLine | None
    currency: str


def find_skus(viewer: Viewer, words: str) -> list[SkuChoice]:
    """The first SKUs whose title holds every word; none for an empty search."""
    _check_right(viewer)
    wanted = words.split()[:10]
    if not wanted:
        return []
    query = sa.select(Sku).where(*(Sku.title.icontains(word, autoescape=True) for word in wanted))
    query = query.order_by(Sku.title, Sku.segment, Sku.id).limit(_MOST_CHOICES)
    return [_choice(sku) for sku in reading(viewer.scope).scalars(query)]


def calculate(viewer: Viewer, *, account: str, sku_id: UUID, quantity: int) -> Calculation:
    """What the account pays for it today. `account` is its number or its exact name.

    Raises InvalidError for an account that is none, NotFoundError for an unknown SKU.
    """
    _check_right(viewer)
    session = reading(viewer.scope)
    found = account_called(session, account, field="account")
    sku = session.get(Sku, sku_id)
    if sku is None:
        raise NotFoundError
    pricing = pricing_for(found.id)
    reason = pricing.reason_not_for_sale(sku)
    return _explained(found, sku, pricing, reason, quantity)


def _explained(
    account: Account, sku: Sku, pricing: Pricing, reason: str | None, quantity: int
) -> Calculation:
    rule, rate = pricing.rule_for(sku.product_id), pricing.rate_from(sku.currency or "")
    converted = sku.cost * rate if sku.cost is not None and rate is not None else None
    priced = None if reason else pricing.price(sku, quantity)
    exact = rule.adjustment.applied_to(converted) if rule and converted is not None else None
    return Calculation(
        account_name=account.name,
        account_number=account_number(account.number),
        sku=_choice(sku),
        reason=reason,
        rule=rule,
        is_own_rule=sku.product_id in pricing.product_rules,
        rate=rate,
        converted=converted,
        buying_exact=exact,
        buying=priced.buying if priced else None,
        selling_markup=pricing.selling_markup,
        selling=priced.selling if priced else None,
        currency=pricing.currency,
    )


def _choice(sku: Sku) -> SkuChoice:
    return SkuChoice(
        id=sku.id, title=sku.title, segment=sku.segment, cost=sku.cost, currency=sku.currency
    )


def _check_right(viewer: Viewer) -> None:
    if not viewer.may(Permission.VIEW_COST):
        raise NotAllowedError("Your role does not see costs.")
