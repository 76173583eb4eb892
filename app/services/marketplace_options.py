"""Marketplace options: what the storefront shows, as a plain value."""

from dataclasses import dataclass

from app.models.marketplace import MarketplaceOptions


@dataclass(frozen=True, kw_only=True)
class Marketplace:
    name: str
    shows_vat: bool
    viewers_may_switch_vat: bool
    country: str
    currency: str
    timezone: str
    quote_hours: int

    def shows_vat_to(self, choice: bool | None) -> bool:  # noqa: FBT001  # None: not chosen
        """Whether prices carry VAT for somebody who chose that, where choosing is permitted."""
        if self.viewers_may_switch_vat and choice is not None:
            return choice
        return self.shows_vat


def marketplace_of(row: MarketplaceOptions) -> Marketplace:
    return Marketplace(
        name=row.name,
        shows_vat=row.shows_vat,
        viewers_may_switch_vat=row.viewers_may_switch_vat,
        country=row.country,
        currency=row.currency,
        timezone=row.timezone,
        quote_hours=row.quote_hours,
    )
