"""The wizard that orders a reservation from an Azure plan: what it offers at each step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from app.domain.access import Viewer
from app.domain.assets import AssetKind
from app.domain.errors import NotFoundError
from app.services.catalogue import (
    Choice,
    ReservationChoices,
    ReservationSearch,
    SkuOffer,
    choices_by_type,
    find_reservation_skus,
    get_offer,
)
from app.services.pages import Page, PageRequest
from app.services.subscriptions import PlanRow, get_subscription

FILTERS = ("category", "region", "term", "cores", "ram")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the buyer chose so far, as it was sent."""

    reservation_type: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    q: str = ""
    sku_id: UUID | None = None
    page: PageRequest = field(default_factory=PageRequest)


@dataclass(frozen=True, kw_only=True)
class Wizard:
    """Either the plan's `reason` speaks against buying, or a SKU is `chosen`, or one is looked for.

    `filters` are those in force, `unknown` the names of those that the type does not know.
    `offers` is None as long as no region is chosen.
    """

    plan: PlanRow
    types: Sequence[str] = ()
    reservation_type: str = ""
    choices: Mapping[str, Sequence[Choice]] = field(default_factory=dict)
    filters: Mapping[str, str] = field(default_factory=dict)
    unknown: Sequence[str] = ()
    offers: Page[SkuOffer] | None = None
    chosen: SkuOffer | None = None


def prepare(viewer: Viewer, subscription_id: UUID, wanted: Wanted) -> Wizard:
    """The step that the buyer is at."""
    plan = get_subscription(viewer, subscription_id)
    if plan.reason is not None:
        return Wizard(plan=plan)
    if wanted.sku_id is None:
        return _finder(viewer, plan, wanted)
    chosen = get_offer(viewer, wanted.sku_id, account_id=plan.account_id)
    if chosen.kind is not AssetKind.RESERVATION:
        raise NotFoundError
    return Wizard(plan=plan, chosen=chosen)


def _finder(viewer: Viewer, plan: PlanRow, wanted: Wanted) -> Wizard:
    offered = choices_by_type(viewer)
    if not offered:
        return Wizard(plan=plan)
    is_known = wanted.reservation_type in offered
    reservation_type = wanted.reservation_type if is_known else next(iter(offered))
    choices = _by_filter(offered[reservation_type])
    sent = {name: value for name, value in wanted.filters.items() if value}
    filters = {
        name: value
        for name, value in sent.items()
        if value in {choice.value for choice in choices[name]}
    }
    unknown = [name for name in sent if name not in filters]
    if wanted.reservation_type and not is_known:
        unknown.insert(0, "type")
    return Wizard(
        plan=plan,
        types=list(offered),
        reservation_type=reservation_type,
        choices=choices,
        filters=filters,
        unknown=unknown,
        offers=_find(viewer, plan, reservation_type, filters, wanted),
    )


def _by_filter(choices: ReservationChoices) -> dict[str, list[Choice]]:
    lists = (choices.categories, choices.regions, choices.terms, choices.cores, choices.ram)
    return dict(zip(FILTERS, lists, strict=True))


def _find(
    viewer: Viewer,
    plan: PlanRow,
    reservation_type: str,
    filters: Mapping[str, str],
    wanted: Wanted,
) -> Page[SkuOffer] | None:
    if "region" not in filters:
        return None
    search = ReservationSearch(
        reservation_type=reservation_type,
        region=filters["region"],
        category=filters.get("category"),
        term=filters.get("term"),
        cores=int(filters["cores"]) if "cores" in filters else None,
        ram_gb=Decimal(filters["ram"]) if "ram" in filters else None,
        q=wanted.q,
    )
    return find_reservation_skus(viewer, plan.account_id, search, page=wanted.page)
