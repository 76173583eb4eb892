"""Marketplace options: what the storefront shows, as a plain value, and changing them."""

from dataclasses import asdict, dataclass
from decimal import Decimal
from zoneinfo import available_timezones

import sqlalchemy as sa
import structlog

from app.database import reading, transaction
from app.domain.access import Permission, Viewer
from app.domain.assets import AssetKind
from app.domain.audit import AuditEvent
from app.domain.errors import InvalidError, NotAllowedError
from app.domain.languages import Language
from app.domain.pricing import PricedLine
from app.models import Asset
from app.models.marketplace import MarketplaceOptions
from app.services.asset_prices import shown_price
from app.services.audit import Subject, audit
from app.services.visibility import visible_to

log = structlog.get_logger(__name__)

_EXAMPLES = 3
_PAYMENT_DAYS = range(366)
_QUOTE_HOURS = range(1, 24 * 30 + 1)


@dataclass(frozen=True, kw_only=True)
class Marketplace:
    """`largest_order` is net, in `currency`; None means that no order is too large.

    `language` and `needs_approval` are what new accounts, and new end customers, begin with.
    """

    name: str
    shows_vat: bool
    viewers_may_switch_vat: bool
    country: str
    currency: str
    timezone: str
    language: Language
    needs_approval: bool
    quote_hours: int
    terms: str
    largest_order: Decimal | None
    payment_days: int
    holds_invoices: bool

    def shows_vat_to(self, choice: bool | None) -> bool:  # noqa: FBT001  # None: not chosen
        """Whether prices carry VAT for somebody who chose that, where choosing is permitted."""
        if self.viewers_may_switch_vat and choice is not None:
            return choice
        return self.shows_vat


@dataclass(frozen=True, kw_only=True)
class ExampleRow:
    """A row of the storefront's list, for trying out how it looks."""

    name: str
    price: PricedLine


def marketplace_of(row: MarketplaceOptions) -> Marketplace:
    return Marketplace(
        name=row.name,
        shows_vat=row.shows_vat,
        viewers_may_switch_vat=row.viewers_may_switch_vat,
        country=row.country,
        currency=row.currency,
        timezone=row.timezone,
        language=row.language,
        needs_approval=row.needs_approval,
        quote_hours=row.quote_hours,
        terms=row.terms,
        largest_order=row.largest_order,
        payment_days=row.payment_days,
        holds_invoices=row.holds_invoices,
    )


def save_marketplace_options(viewer: Viewer, wanted: Marketplace) -> None:
    """Everybody's next page shows them. Raises InvalidError with the field that is wrong."""
    if not viewer.may(Permission.ADMINISTER):
        raise NotAllowedError("Your role reads these options; it does not change them.")
    _check(wanted)
    with transaction(viewer.scope) as session:
        row = session.scalars(sa.select(MarketplaceOptions).with_for_update()).one()
        change = (asdict(marketplace_of(row)), asdict(wanted))
        session.execute(sa.update(MarketplaceOptions).values(asdict(wanted)))
        about = Subject(kind="marketplace options", name=wanted.name)
        audit(session, viewer, AuditEvent.OPTIONS_CHANGED, about, change=change)
    log.info("marketplace.saved", actor=viewer.email, shows_vat=wanted.shows_vat)


def example_rows(viewer: Viewer) -> list[ExampleRow]:
    """The newest reservations, as a direct buyer's list would show them."""
    newest = (
        sa.select(Asset)
        .where(Asset.kind == AssetKind.RESERVATION, visible_to(viewer, Asset))
        .order_by(Asset.purchased_at.desc(), Asset.id)
        .limit(_EXAMPLES)
    )
    shown = (
        (asset.name, shown_price(viewer, asset, hides_prices=False).price)
        for asset in reading(viewer.scope).scalars(newest)
    )
    return [ExampleRow(name=name, price=price) for name, price in shown if price]


def _check(wanted: Marketplace) -> None:
    if wanted.timezone not in available_timezones():
        raise InvalidError("Choose a time zone such as Europe/Athens.", field="timezone")
    if wanted.quote_hours not in _QUOTE_HOURS:
        raise InvalidError("A quote holds between 1 hour and 30 days.", field="quote_hours")
    if wanted.payment_days not in _PAYMENT_DAYS:
        raise InvalidError("Payment is due after 0 to 365 days.", field="payment_days")
    if wanted.largest_order is not None and wanted.largest_order <= 0:
        raise InvalidError("Enter an amount above 0, or leave it empty.", field="largest_order")
