"""Products for reservations: one for each size or service, one SKU for each region and term."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from sandbox.catalogue.identifiers import derived_id, sku_id_among
from sandbox.catalogue.items import LARGEST_QUANTITY, PRICE_STEP, Item, Product
from sandbox.catalogue.regions import GLOBAL_REGION, Reach, Region, regions_within
from sandbox.catalogue.reserved_services import (
    RESERVED_SERVICES,
    VIRTUAL_MACHINE,
    ReservationType,
    ReservedService,
)
from sandbox.catalogue.virtual_machines import VIRTUAL_MACHINE_SIZES, VirtualMachineSize

_OUT_OF_STOCK = {
    ("Standard_B2s", "CH West", "P1Y"),
    ("Standard_B2s", "CH West", "P3Y"),
    ("Standard_E4s_v5", "FR South", "P3Y"),
    ("SQLDB_BC_Compute_Gen5", "QA Central", "P1Y"),
}
_NO_LONGER_SOLD = {("Standard_NC6s_v3", "EU West", "P1Y")}
_LARGEST_QUANTITIES = {"Standard_HB120rs_v3": 10}
_NARROWER_VIEWS = {
    "VirtualMachines": "AzureReservationsVM",
    "SqlDatabases": "AzureReservationsSQL",
    "CosmosDb": "AzureReservationsCosmosDb",
}


@dataclass(frozen=True)
class _Term:
    duration: Literal["P1Y", "P3Y"]
    title: str
    details: str
    # Three years cost less than three times one year.
    price_factor: Decimal


_TERMS = (
    _Term("P1Y", "1 Year", "1Year", Decimal(1)),
    _Term("P3Y", "3 Years", "3Years", Decimal("1.92")),
)


@dataclass(frozen=True)
class _Reservable:
    type: ReservationType
    arm_sku_name: str
    display_name: str
    category: str
    yearly_price: Decimal
    reach: Reach
    terms: tuple[str, ...]
    capacity: Mapping[str, str]


def reservation_products() -> Iterator[Product]:
    for size in VIRTUAL_MACHINE_SIZES:
        yield _product(_from_size(size))
    for service in RESERVED_SERVICES:
        yield _product(_from_service(service))


def _from_size(size: VirtualMachineSize) -> _Reservable:
    return _Reservable(
        type=VIRTUAL_MACHINE,
        arm_sku_name=size.arm_sku_name,
        display_name=size.display_name,
        category=size.category,
        yearly_price=size.yearly_price,
        reach=size.reach,
        terms=("P1Y", "P3Y"),
        capacity={"cores": str(size.cores), "vCpu": str(size.cores), "ram": size.ram},
    )


def _from_service(service: ReservedService) -> _Reservable:
    return _Reservable(
        type=service.type,
        arm_sku_name=service.arm_sku_name,
        display_name=service.arm_sku_name.replace("_", " "),
        category=service.category,
        yearly_price=service.yearly_price,
        reach=service.reach,
        terms=service.terms,
        capacity={},
    )


def _product(reservable: _Reservable) -> Product:
    arm_type = reservable.type.arm_type
    product_id = "DZ" + derived_id(10, arm_type, reservable.arm_sku_name)
    taken: set[str] = set()
    return Product(
        id=product_id,
        title=f"{reservable.type.title}, {reservable.arm_sku_name}",
        description=f"{reservable.type.name}: {reservable.display_name}, {reservable.category}.",
        type_id="Azure",
        subtype_id=arm_type,
        subtype_name=reservable.type.name,
        target_views=frozenset(
            {"AzureReservations", _NARROWER_VIEWS.get(arm_type, "AzureReservations")}
        ),
        items=tuple(
            _item(reservable, region, term, product_id, taken)
            for region in regions_within(reservable.reach)
            for term in _TERMS
            if term.duration in reservable.terms
        ),
    )


def _item(
    reservable: _Reservable, region: Region, term: _Term, product_id: str, taken: set[str]
) -> Item:
    sku_id = sku_id_among(taken, product_id, region.arm_region_name, term.duration)
    price = reservable.yearly_price * region.price_factor * term.price_factor
    which = (reservable.arm_sku_name, region.name, term.duration)
    return Item(
        product_id=product_id,
        sku_id=sku_id,
        availability_id=derived_id(12, product_id, sku_id, "availability"),
        title=_title(reservable, region, term),
        description=_details(reservable, region, term),
        kind="reservation",
        segment="commercial",
        term_duration=term.duration,
        unit_price=price.quantize(PRICE_STEP),
        arm_sku_name=reservable.arm_sku_name,
        arm_region_name=region.arm_region_name,
        reservation_type=reservable.type.arm_type,
        maximum_quantity=_LARGEST_QUANTITIES.get(reservable.arm_sku_name, LARGEST_QUANTITY),
        out_of_stock=which in _OUT_OF_STOCK,
        is_purchasable=which not in _NO_LONGER_SOLD,
        dynamic_attributes=_dynamic_attributes(reservable, region, term),
    )


def _title(reservable: _Reservable, region: Region, term: _Term) -> str:
    place = () if region is GLOBAL_REGION else (region.name,)
    return ", ".join((reservable.type.title, reservable.arm_sku_name, *place, term.title))


def _details(reservable: _Reservable, region: Region, term: _Term) -> str:
    parts = [reservable.arm_sku_name]
    if reservable.capacity:
        parts.append(reservable.category)
    if region is not GLOBAL_REGION:
        parts.append(region.name)
    if reservable.capacity:
        parts.append(f"{reservable.capacity['cores']} Cores")
        parts.append(f"{reservable.capacity['ram']} GB RAM")
    return ", ".join((*parts, term.details))


def _dynamic_attributes(reservable: _Reservable, region: Region, term: _Term) -> dict[str, str]:
    return {
        "armSkuName": reservable.arm_sku_name,
        "armRegionName": region.arm_region_name,
        "region": region.name,
        "duration": term.details,
        "category": reservable.category,
        "skuDisplayName": reservable.display_name,
        "reservationType": reservable.type.arm_type,
        **reservable.capacity,
    }
