"""What something costs an account: its price list, its reseller's markup, its VAT."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.database import reading
from app.domain.access import SYSTEM_SCOPE, AccountKind, Permission, Viewer
from app.domain.assets import AssetKind
from app.domain.errors import ConflictError, NotFoundError
from app.domain.money import ZERO
from app.domain.pricing import Adjustment, AdjustmentKind, PricedLine, price_line, unit_prices
from app.domain.sentences import said
from app.models import (
    Account,
    CurrencyRate,
    MarketplaceOptions,
    PriceList,
    PriceListLine,
    Sku,
    TaxRule,
)
from app.services.vat_numbers import is_reverse_charged

_CENT = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class PriceRule:
    """What a price list says of a product."""

    adjustment: Adjustment
    discount_percent: Decimal


@dataclass(frozen=True, kw_only=True)
class PricedSku:
    """One SKU for one account. `selling` is None where no reseller stands between."""

    cost: Decimal
    cost_currency: str
    conversion_rate: Decimal  # from the cost's currency to the account's
    buying: PricedLine
    selling: PricedLine | None


@dataclass(frozen=True, kw_only=True)
class Pricing:
    """Everything that prices depend on for one account, read once: pricing asks nothing more."""

    account_id: UUID
    tenant_id: UUID
    currency: str
    country: str
    hides_prices: bool
    rule: PriceRule | None  # None: no price list is in force
    product_rules: Mapping[UUID, PriceRule]
    selling_markup: Decimal | None
    vat_rates: Mapping[AssetKind, Decimal | None]  # None: no tax rule covers the country
    conversion_rates: Mapping[str, Decimal]  # currency of a cost → one unit of it in `currency`

    def reason_not_for_sale(self, sku: Sku) -> str | None:
        """Why this account cannot buy the SKU, in words for people; None where it can."""
        if sku.cost is None or sku.currency is None:
            return said("Microsoft does not sell this at the moment.")
        if self.rate_from(sku.currency) is None:
            return said(
                "Microsoft prices this in %(currency)s, the account pays in %(currency_too)s.",
                currency=sku.currency,
                currency_too=self.currency,
            )
        if self.rule_for(sku.product_id) is None:
            return said("No price list is in force for this account.")
        if self.vat_rates[sku.kind] is None:
            return said("No VAT rate is set for the country %(country)s.", country=self.country)
        return None

    def rate_from(self, currency: str) -> Decimal | None:
        """What one unit of a cost's currency is; None where nobody set a rate."""
        return Decimal(1) if currency == self.currency else self.conversion_rates.get(currency)

    def rule_for(self, product_id: UUID) -> PriceRule | None:
        return self.product_rules.get(product_id, self.rule)

    def price(self, sku: Sku, quantity: int = 1) -> PricedSku:
        """Raises ConflictError with the reason where the SKU is not for sale."""
        rule, vat_rate = self.rule_for(sku.product_id), self.vat_rates[sku.kind]
        reason = self.reason_not_for_sale(sku)
        rate = self.rate_from(sku.currency or "")
        if reason or sku.cost is None or rate is None or rule is None or vat_rate is None:
            raise ConflictError(reason or said("This is not for sale."))
        unit = unit_prices(
            sku.cost,
            self.currency,
            adjustment=rule.adjustment,
            rate=rate,
            selling_markup=self.selling_markup,
        )

        def line(unit_price: Decimal) -> PricedLine:
            return price_line(
                unit_price,
                quantity,
                discount_percent=rule.discount_percent,
                vat_rate=vat_rate,
                currency=self.currency,
            )

        return PricedSku(
            cost=sku.cost,
            cost_currency=sku.currency or self.currency,
            conversion_rate=rate,
            buying=line(unit.buying),
            selling=None if unit.selling is None else line(unit.selling),
        )


@dataclass(frozen=True, kw_only=True)
class Resale:
    """What a reseller charges its customer, and what it earns by that."""

    price: PricedLine
    margin: Decimal
    margin_percent: Decimal  # of the selling price


@dataclass(frozen=True, kw_only=True)
class ShownPrice:
    """What one viewer may know of a price. `price` is None where it is hidden."""

    price: PricedLine | None
    resale: Resale | None = None


def shown_to(
    viewer: Viewer, buying: PricedLine, selling: PricedLine | None, *, hides_prices: bool
) -> ShownPrice:
    """An end customer sees what its reseller charges, and nothing where that is hidden.

    Everybody else sees the buying price; resellers, and staff who may know costs, the resale too.
    """
    if viewer.account_kind is AccountKind.END_CUSTOMER:
        return ShownPrice(price=None if hides_prices else selling)
    sees_resale = viewer.is_reseller or viewer.may(Permission.VIEW_COST)
    if selling is None or not sees_resale:
        return ShownPrice(price=buying)
    return ShownPrice(price=buying, resale=_resale(buying, selling))


def _resale(buying: PricedLine, selling: PricedLine) -> Resale:
    margin = selling.total.net - buying.total.net
    share = margin / selling.total.net * 100 if selling.total.net else ZERO
    return Resale(price=selling, margin=margin, margin_percent=share.quantize(_CENT))


def pricing_for(account_id: UUID) -> Pricing:
    """One read, with the system's eyes: customers see neither price lists nor their reseller.

    Call it before a transaction, not within. Raises NotFoundError for an unknown account; who
    may buy for the account is the caller's to check.
    """
    found = reading(SYSTEM_SCOPE).execute(_pricing_query(account_id)).mappings().one_or_none()
    if found is None:
        raise NotFoundError
    owes_none = found["is_tax_exempt"] or _is_reverse_charged(found)
    kinds = {kind: ZERO if owes_none else found[kind.value] for kind in AssetKind}
    return Pricing(
        account_id=account_id,
        tenant_id=found["tenant_id"],
        currency=found["currency"],
        country=found["country"],
        hides_prices=found["hides_prices"],
        rule=_rule(found) if found["percent"] is not None else None,
        product_rules=_product_rules(found["lines"] or {}),
        selling_markup=_selling_markup(found),
        vat_rates=kinds,
        conversion_rates={
            currency: Decimal(rate) for currency, rate in (found["conversion_rates"] or {}).items()
        },
    )


def pricing_seen_by(viewer: Viewer, account_id: UUID) -> Pricing:
    """The same for an account that the viewer sees; NotFoundError for any other."""
    pricing = pricing_for(account_id)
    owner = pricing.tenant_id if viewer.is_reseller else pricing.account_id
    if not viewer.is_staff and owner != viewer.account_id:
        raise NotFoundError
    return pricing


def _rule(found: sa.RowMapping) -> PriceRule:
    adjustment = Adjustment(found["adjustment_kind"], found["percent"])
    return PriceRule(adjustment=adjustment, discount_percent=found["discount_percent"])


def _product_rules(lines: Mapping[str, list[str]]) -> dict[UUID, PriceRule]:
    return {
        UUID(product_id): PriceRule(
            adjustment=Adjustment(AdjustmentKind(kind), Decimal(percent)),
            discount_percent=Decimal(discount),
        )
        for product_id, (kind, percent, discount) in lines.items()
    }


def _is_reverse_charged(found: sa.RowMapping) -> bool:
    """Of whoever buys from the distributor; a reseller's sales are taxed as its customer is."""
    return found["kind"] is not AccountKind.END_CUSTOMER and is_reverse_charged(
        seller_country=found["seller_country"],
        buyer_country=found["country"],
        vat_number=found["vat_number"],
    )


def _selling_markup(found: sa.RowMapping) -> Decimal | None:
    if found["kind"] is not AccountKind.END_CUSTOMER:
        return None
    own, default = found["markup"], found["reseller_markup"]
    markup: Decimal = default if own is None else own
    return markup


def _pricing_query(account_id: UUID) -> sa.Select[*tuple[Any, ...]]:
    """The account with the first price list in force: its own, its reseller's, the default."""
    reseller = aliased(Account)
    is_own = PriceList.id == Account.price_list_id
    is_resellers = PriceList.id == reseller.price_list_id
    today = sa.func.current_date()
    in_force = sa.and_(
        sa.or_(PriceList.starts_on.is_(None), PriceList.starts_on <= today),
        sa.or_(PriceList.ends_on.is_(None), PriceList.ends_on >= today),
        sa.or_(is_own, is_resellers, PriceList.is_default),
    )
    return (
        sa.select(
            Account.tenant_id,
            Account.currency,
            Account.country,
            Account.kind,
            Account.is_tax_exempt,
            Account.vat_number,
            sa.select(MarketplaceOptions.country).scalar_subquery().label("seller_country"),
            Account.hides_prices,
            Account.markup,
            reseller.default_markup.label("reseller_markup"),
            PriceList.adjustment_kind,
            PriceList.percent,
            PriceList.discount_percent,
            _lines().label("lines"),
            _conversion_rates().label("conversion_rates"),
            *(_vat_rate(kind).label(kind.value) for kind in AssetKind),
        )
        .select_from(Account)
        .outerjoin(reseller, reseller.id == Account.reseller_id)
        .outerjoin(PriceList, in_force)
        .where(Account.id == account_id)
        .order_by(is_own.desc().nulls_last(), is_resellers.desc().nulls_last(), PriceList.id)
        .limit(1)
    )


def _lines() -> sa.ScalarSelect[Any]:
    """The chosen list's lines as JSON, numbers as text so that none becomes a float."""
    line = PriceListLine
    values = sa.func.jsonb_build_array(
        line.adjustment_kind, _as_text(line.percent), _as_text(line.discount_percent)
    )
    lines = sa.func.jsonb_object_agg(_as_text(line.product_id), values, type_=JSONB)
    return sa.select(lines).where(line.price_list_id == PriceList.id).scalar_subquery()


def _conversion_rates() -> sa.ScalarSelect[Any]:
    """What other currencies are worth in the account's, as JSON, numbers as text."""
    rates = sa.func.jsonb_object_agg(
        CurrencyRate.from_currency, _as_text(CurrencyRate.rate), type_=JSONB
    )
    return sa.select(rates).where(CurrencyRate.to_currency == Account.currency).scalar_subquery()


def _as_text(column: InstrumentedAttribute[Any]) -> sa.ColumnElement[str]:
    return sa.cast(column, sa.Text)


def _vat_rate(kind: AssetKind) -> sa.ScalarSelect[Decimal]:
    """The country's rule for this kind of product, else its rule for every kind."""
    return (
        sa.select(TaxRule.rate)
        .where(
            TaxRule.country == Account.country,
            sa.or_(TaxRule.product_kind == kind, TaxRule.product_kind.is_(None)),
        )
        .order_by(TaxRule.product_kind.nulls_last())
        .limit(1)
        .scalar_subquery()
    )
