"""Products for software: subscriptions of one and three years, and licences without an end."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from sandbox.catalogue.identifiers import derived_id, sku_id_among
from sandbox.catalogue.items import PRICE_STEP, SEGMENTS, Item, Product

_SEGMENT_FACTORS = {
    "commercial": Decimal(1),
    "education": Decimal("0.42"),
    "nonprofit": Decimal("0.56"),
}


@dataclass(frozen=True)
class _Plan:
    name: str
    price: Decimal
    minimum_quantity: int
    maximum_quantity: int


@dataclass(frozen=True)
class _Term:
    duration: Literal["P1Y", "P3Y"] | None
    title: str
    price_factor: Decimal


_SUBSCRIPTION_TERMS = (
    _Term("P1Y", "1 Year", Decimal(1)),
    _Term("P3Y", "3 Years", Decimal("2.55")),
)
_PERPETUAL_TERMS = (_Term(None, "Perpetual", Decimal(1)),)

_SUBSCRIPTIONS = (
    ("Windows Server Standard - 8 Core License Pack", "248.7050", 2, 10_000),
    ("Windows Server Datacenter - 8 Core License Pack", "1423.9800", 2, 10_000),
    ("Windows Server CAL - 1 User", "16.4730", 1, 50_000),
    ("Windows Server CAL - 1 Device", "12.8015", 1, 50_000),
    ("Windows Server RMS CAL - 1 User", "15.9105", 1, 50_000),
    ("Windows Server RMS CAL - 1 Device", "12.3377", 1, 50_000),
    ("Windows Server External Connector", "802.4460", 1, 100),
    ("Remote Desktop Services CAL - 1 User", "61.3520", 1, 50_000),
    ("Remote Desktop Services CAL - 1 Device", "47.2185", 1, 50_000),
    ("Remote Desktop Services External Connector", "3461.0900", 1, 100),
    ("SQL Server Standard Core - 2 Core License Pack", "1318.2640", 2, 1_000),
    ("SQL Server Enterprise Core - 2 Core License Pack", "5051.9300", 2, 1_000),
    ("BizTalk Server Standard - 2 Core License Pack", "1602.7715", 2, 500),
    ("BizTalk Server Enterprise - 2 Core License Pack", "6974.1200", 2, 500),
)
_PERPETUAL_LICENCES = (
    ("Windows Server 2025 Standard - 16 Core License Pack", "987.6040", 1, 10_000),
    ("Windows Server 2025 Standard - 2 Core License Pack", "123.4505", 1, 10_000),
    ("Windows Server 2025 Datacenter - 16 Core License Pack", "5690.3300", 1, 10_000),
    ("Windows Server 2025 Datacenter - 2 Core License Pack", "711.2913", 1, 10_000),
    ("Windows Server 2025 CAL - 1 User", "45.1060", 1, 50_000),
    ("Windows Server 2025 CAL - 1 Device", "35.0825", 1, 50_000),
    ("Windows Server 2025 RMS CAL - 1 User", "39.9940", 1, 50_000),
    ("Windows Server 2025 RMS CAL - 1 Device", "31.1120", 1, 50_000),
    ("Windows Server 2025 Remote Desktop Services CAL - 1 User", "167.0415", 1, 50_000),
    ("Windows Server 2025 Remote Desktop Services CAL - 1 Device", "128.4975", 1, 50_000),
    ("SQL Server 2022 Standard Core - 2 Core License Pack", "3318.4400", 2, 1_000),
    ("SQL Server 2022 Enterprise Core - 2 Core License Pack", "12718.9000", 2, 1_000),
    ("SQL Server 2022 Standard", "831.5160", 1, 1_000),
    ("SQL Server 2022 CAL - 1 User", "193.2740", 1, 50_000),
    ("SQL Server 2022 CAL - 1 Device", "193.2740", 1, 50_000),
    ("System Center 2025 Standard - 16 Core License Pack", "1211.0500", 1, 5_000),
    ("System Center 2025 Datacenter - 16 Core License Pack", "3310.7900", 1, 5_000),
    ("Office LTSC Standard 2024", "398.1240", 1, 50_000),
    ("Office LTSC Professional Plus 2024", "534.8830", 1, 50_000),
    ("Visio LTSC Professional 2024", "552.3010", 1, 50_000),
    ("Project Professional 2024", "1033.6720", 1, 50_000),
    ("Visual Studio Professional 2022", "463.2510", 1, 5_000),
    ("Visio LTSC Standard 2024", "286.0120", 1, 50_000),
    ("Project Standard 2024", "604.1180", 1, 50_000),
    ("Access LTSC 2024", "167.3050", 1, 50_000),
    ("Windows Server 2025 External Connector", "2114.9070", 1, 100),
)


def software_products() -> Iterator[Product]:
    for row in _SUBSCRIPTIONS:
        yield _product(_plan(row), "SoftwareSubscriptions", _SUBSCRIPTION_TERMS)
    for row in _PERPETUAL_LICENCES:
        yield _product(_plan(row), "SoftwarePerpetual", _PERPETUAL_TERMS)


def _plan(row: tuple[str, str, int, int]) -> _Plan:
    name, price, minimum_quantity, maximum_quantity = row
    return _Plan(name, Decimal(price), minimum_quantity, maximum_quantity)


def _product(plan: _Plan, view: str, terms: tuple[_Term, ...]) -> Product:
    product_id = "DG" + derived_id(10, view, plan.name)
    taken: set[str] = set()
    ending = "licence without an end" if view == "SoftwarePerpetual" else "licence for a term"
    return Product(
        id=product_id,
        title=plan.name,
        description=f"{plan.name}, {ending}.",
        type_id="Software",
        subtype_id=view,
        subtype_name=view,
        target_views=frozenset({"Software", view}),
        items=tuple(
            _item(plan, term, segment, product_id, taken) for segment in SEGMENTS for term in terms
        ),
    )


def _item(plan: _Plan, term: _Term, segment: str, product_id: str, taken: set[str]) -> Item:
    sku_id = sku_id_among(taken, product_id, segment, term.title)
    price = plan.price * _SEGMENT_FACTORS[segment] * term.price_factor
    audience = "" if segment == "commercial" else f" ({segment.capitalize()})"
    ending = "" if term.duration is None else f" - {term.title}"
    return Item(
        product_id=product_id,
        sku_id=sku_id,
        availability_id=derived_id(12, product_id, sku_id, "availability"),
        title=f"{plan.name}{ending}{audience}",
        description=f"{plan.name}, {term.title}, {segment}",
        kind="software",
        segment=segment,
        term_duration=term.duration,
        unit_price=price.quantize(PRICE_STEP),
        minimum_quantity=plan.minimum_quantity,
        maximum_quantity=plan.maximum_quantity,
    )
