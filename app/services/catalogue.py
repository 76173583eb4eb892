"""What is for sale to an account, out of our own copy of Microsoft's catalogue."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.database import reading
from app.domain.access import Viewer
from app.domain.assets import AssetKind, term_label
from app.domain.catalogue import COMMERCIAL, in_wizard_order
from app.domain.errors import InvalidError, NotFoundError
from app.domain.pricing import PricedLine
from app.models import Product, Sku
from app.services.catalogue_sorts import SoftwareSort, software_keys
from app.services.pages import Keys, Page, PageRequest, fetch_counted_page
from app.services.prices import Pricing, Resale, pricing_seen_by, shown_to

Entity = TypeVar("Entity")

PERPETUAL = "perpetual"  # stands for "no term" where a term is asked for


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One entry of a filter: what is sent and what is read."""

    value: str
    label: str


@dataclass(frozen=True, kw_only=True)
class ReservationChoices:
    """What the filters of one reservation type offer."""

    categories: list[Choice]
    regions: list[Choice]
    terms: list[Choice]
    cores: list[Choice]
    ram: list[Choice]


@dataclass(frozen=True, kw_only=True)
class ReservationSearch:
    """What the wizard filters by. Without a region there are too many to look through."""

    reservation_type: str
    region: str
    category: str | None = None
    term: str | None = None
    cores: int | None = None
    ram_gb: Decimal | None = None
    q: str = ""


@dataclass(frozen=True, kw_only=True)
class SoftwareSearch:
    q: str = ""
    segment: str = COMMERCIAL
    term: str | None = None
    sort: SoftwareSort = SoftwareSort.NAME
    descending: bool = False


@dataclass(frozen=True, kw_only=True)
class SkuOffer:
    """One SKU with the price of one instance, as far as the viewer may know it.

    `price` is None where it is hidden from the viewer, and where `reason` says why the account
    cannot buy it.
    """

    id: UUID
    product_id: UUID
    kind: AssetKind
    title: str
    details: str
    segment: str
    term_duration: str | None
    category: str | None
    region: str | None
    cores: int | None
    ram_gb: Decimal | None
    minimum_quantity: int
    maximum_quantity: int
    price: PricedLine | None
    resale: Resale | None
    reason: str | None

    @property
    def term(self) -> str:
        return term_label(self.term_duration)


@dataclass(frozen=True, kw_only=True)
class SoftwarePlan:
    """A software plan and what it can be bought as, cheapest first."""

    id: UUID
    name: str
    description: str
    offers: list[SkuOffer]

    @property
    def terms(self) -> list[str]:
        return list(dict.fromkeys(offer.term for offer in self.offers))

    @property
    def price_from(self) -> PricedLine | None:
        """The lowest price that the viewer may see."""
        prices = [offer.price for offer in self.offers if offer.price is not None]
        return min(prices, key=lambda price: price.unit_price, default=None)


def choices_by_type(viewer: Viewer) -> dict[str, ReservationChoices]:
    """What every reservation type offers, in the wizard's order, by one statement for all."""
    columns = (Sku.category, Sku.arm_region, Sku.region, Sku.term_duration, Sku.cores, Sku.ram_gb)
    of_type = Sku.reservation_type
    sets = sa.func.grouping_sets(
        sa.tuple_(of_type, Sku.category),
        sa.tuple_(of_type, Sku.arm_region, Sku.region),
        sa.tuple_(of_type, Sku.term_duration),
        sa.tuple_(of_type, Sku.cores),
        sa.tuple_(of_type, Sku.ram_gb),
    )
    query = sa.select(of_type, *columns).where(*_for_sale(AssetKind.RESERVATION)).group_by(sets)
    rows: dict[str, list[sa.Row[*tuple[Any, ...]]]] = {}
    for row in reading(viewer.scope).execute(query.where(of_type.is_not(None))):
        rows.setdefault(row.reservation_type, []).append(row)
    return {name: _choices_of(rows[name]) for name in in_wizard_order(rows)}


def find_reservation_skus(
    viewer: Viewer, account_id: UUID, search: ReservationSearch, *, page: PageRequest
) -> Page[SkuOffer]:
    """The reservations that match, by title, with what one of them costs the account."""
    if not search.region:
        raise InvalidError("Choose a region.", field="region")
    pricing = pricing_seen_by(viewer, account_id)
    query = sa.select(Sku).where(*_for_sale(AssetKind.RESERVATION), *_reservation_filters(search))
    found = _read_page(
        reading(viewer.scope), query, Keys(columns=(Sku.title.expression, Sku.id.expression)), page
    )
    return found.with_items([offer_of(viewer, pricing, sku) for sku in found.items])


def get_offer(viewer: Viewer, sku_id: UUID, *, account_id: UUID) -> SkuOffer:
    """One SKU of a published product, for sale or with the reason why not."""
    pricing = pricing_seen_by(viewer, account_id)
    query = sa.select(Sku).join(Product).where(Sku.id == sku_id, Product.is_published)
    sku = reading(viewer.scope).scalar(query)
    if sku is None:
        raise NotFoundError
    return offer_of(viewer, pricing, sku)


def list_software_plans(
    viewer: Viewer, account_id: UUID, search: SoftwareSearch, *, page: PageRequest
) -> Page[SoftwarePlan]:
    """The plans that have something for sale to the segment and for the term."""
    pricing = pricing_seen_by(viewer, account_id)
    matching = _software_filters(search)
    query = sa.select(Product).where(
        Product.kind == AssetKind.SOFTWARE_SUBSCRIPTION,
        Product.is_published,
        *_each_word(search.q, Product.name, Product.description),
        sa.exists().where(Sku.product_id == Product.id, *matching),
    )
    session = reading(viewer.scope)
    keys = software_keys(viewer, pricing, matching, sort=search.sort, descending=search.descending)
    found = _read_page(session, query, keys, page)
    of_these = Sku.product_id.in_([product.id for product in found.items])
    offers = [
        offer_of(viewer, pricing, sku)
        for sku in session.scalars(sa.select(Sku).where(of_these, *matching))
    ]
    return found.with_items([_plan(product, offers) for product in found.items])


def get_software_plan(viewer: Viewer, product_id: UUID, *, account_id: UUID) -> SoftwarePlan:
    """One plan with everything it can be bought as, in every segment."""
    pricing = pricing_seen_by(viewer, account_id)
    session = reading(viewer.scope)
    product = session.scalar(
        sa.select(Product).where(
            Product.id == product_id,
            Product.kind == AssetKind.SOFTWARE_SUBSCRIPTION,
            Product.is_published,
        )
    )
    if product is None:
        raise NotFoundError
    skus = session.scalars(
        sa.select(Sku).where(Sku.product_id == product_id, Sku.cost.is_not(None))
    )
    return _plan(product, [offer_of(viewer, pricing, sku) for sku in skus])


def offer_of(viewer: Viewer, pricing: Pricing, sku: Sku) -> SkuOffer:
    """A SKU as the viewer may see it. Asks the database nothing."""
    reason = pricing.reason_not_for_sale(sku)
    price = resale = None
    if reason is None:
        priced = pricing.price(sku)
        shown = shown_to(viewer, priced.buying, priced.selling, hides_prices=pricing.hides_prices)
        price, resale = shown.price, shown.resale
    return SkuOffer(
        id=sku.id,
        product_id=sku.product_id,
        kind=sku.kind,
        title=sku.title,
        details=sku.description,
        segment=sku.segment,
        term_duration=sku.term_duration,
        category=sku.category,
        region=sku.region,
        cores=sku.cores,
        ram_gb=sku.ram_gb,
        minimum_quantity=sku.minimum_quantity,
        maximum_quantity=sku.maximum_quantity,
        price=price,
        resale=resale,
        reason=reason,
    )


def _read_page(
    session: Session, query: sa.Select[Entity], keys: Keys, page: PageRequest
) -> Page[Entity]:
    found = fetch_counted_page(session, query, keys, page)
    return found.with_items([row[0] for row in found.items])


def _plan(product: Product, offers: Iterable[SkuOffer]) -> SoftwarePlan:
    own = [offer for offer in offers if offer.product_id == product.id]
    return SoftwarePlan(
        id=product.id,
        name=product.name,
        description=product.description,
        offers=sorted(own, key=_segment_and_term),
    )


def _segment_and_term(offer: SkuOffer) -> tuple[str, str, str, UUID]:
    return offer.segment, offer.term_duration or "", offer.title, offer.id


def _for_sale(kind: AssetKind) -> tuple[sa.ColumnElement[bool], ...]:
    """Only what has a price and belongs to a published product."""
    published = sa.exists().where(Product.id == Sku.product_id, Product.is_published)
    return Sku.kind == kind, Sku.cost.is_not(None), published


def _reservation_filters(search: ReservationSearch) -> Iterator[sa.ColumnElement[bool]]:
    yield Sku.reservation_type == search.reservation_type
    yield Sku.arm_region == search.region
    if search.category:
        yield Sku.category == search.category
    if search.term:
        yield Sku.term_duration == search.term
    if search.cores is not None:
        yield Sku.cores == search.cores
    if search.ram_gb is not None:
        yield Sku.ram_gb == search.ram_gb
    yield from _each_word(search.q, Sku.title, Sku.description)


def _software_filters(search: SoftwareSearch) -> list[sa.ColumnElement[bool]]:
    filters = [
        Sku.kind == AssetKind.SOFTWARE_SUBSCRIPTION,
        Sku.segment == search.segment,
        Sku.cost.is_not(None),
    ]
    if search.term == PERPETUAL:
        filters.append(Sku.term_duration.is_(None))
    elif search.term:
        filters.append(Sku.term_duration == search.term)
    return filters


def _each_word(text: str, *columns: InstrumentedAttribute[str]) -> Iterator[sa.ColumnElement[bool]]:
    """Every word stands somewhere in one of the columns, whatever its case."""
    for word in text.replace("\0", " ").split():
        yield sa.or_(*(column.icontains(word, autoescape=True) for column in columns))


def _choices(labels: Mapping[Any, str]) -> list[Choice]:
    values = sorted(value for value in labels if value is not None)
    return [Choice(value=str(value), label=labels[value]) for value in values]


def _choices_of(rows: Sequence[sa.Row[*tuple[Any, ...]]]) -> ReservationChoices:
    regions = {row.arm_region: row.region or row.arm_region for row in rows if row.arm_region}
    return ReservationChoices(
        categories=_choices({row.category: row.category for row in rows}),
        regions=sorted(_choices(regions), key=lambda choice: choice.label),
        terms=_choices({row.term_duration: term_label(row.term_duration) for row in rows}),
        cores=_choices({row.cores: str(row.cores) for row in rows}),
        ram=_choices({row.ram_gb: _ram(row.ram_gb) for row in rows}),
    )


def _ram(ram_gb: Decimal | None) -> str:
    return f"{ram_gb.normalize():f} GB" if ram_gb is not None else ""
