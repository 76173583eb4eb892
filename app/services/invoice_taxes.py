"""At which rate a payer is invoiced, and what it means where the rate is nought."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import AccountKind
from app.domain.assets import AssetKind
from app.domain.invoices import TaxCategory
from app.domain.money import ZERO
from app.models import Account, Asset, MarketplaceOptions, TaxRule
from app.services.vat_numbers import is_reverse_charged


@dataclass(frozen=True, kw_only=True)
class Taxation:
    """What one payer is charged. `untaxed` is the reason where a rate is nought."""

    rates: Mapping[AssetKind, Decimal]
    untaxed: TaxCategory

    def rate_of(self, asset: Asset, *, is_payers: bool) -> Decimal:
        """The rate frozen on an asset is its customer's; a reseller pays at its own."""
        return asset.vat_rate if is_payers else self.rates.get(asset.kind, asset.vat_rate)


def taxation_of(session: Session, payer: Account) -> Taxation:
    """Read in the caller's transaction, with a scope that sees the payer."""
    untaxed = _untaxed(session, payer)
    if payer.kind is not AccountKind.RESELLER:
        return Taxation(rates={}, untaxed=untaxed)
    if payer.is_tax_exempt or untaxed is TaxCategory.REVERSE_CHARGE:
        return Taxation(rates=dict.fromkeys(AssetKind, ZERO), untaxed=untaxed)
    rules = session.execute(
        sa.select(TaxRule.product_kind, TaxRule.rate)
        .where(TaxRule.country == payer.country)
        .order_by(TaxRule.product_kind.nulls_first())  # the rule of one kind wins
    )
    rates: dict[AssetKind, Decimal] = {}
    for kind, rate in rules:
        rates |= dict.fromkeys([kind] if kind else AssetKind, rate)
    return Taxation(rates=rates, untaxed=untaxed)


def _untaxed(session: Session, payer: Account) -> TaxCategory:
    if payer.is_tax_exempt:
        return TaxCategory.EXEMPT
    seller = session.scalars(sa.select(MarketplaceOptions.country)).one()
    if is_reverse_charged(
        seller_country=seller, buyer_country=payer.country, vat_number=payer.vat_number
    ):
        return TaxCategory.REVERSE_CHARGE
    return TaxCategory.ZERO_RATED
