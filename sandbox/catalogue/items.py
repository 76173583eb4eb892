"""What the catalogue holds: products, and the items one can put into a cart."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

CURRENCY = "EUR"
PRICE_STEP = Decimal("0.0001")  # price sheets have four decimals
LARGEST_QUANTITY = 999_999_999
SEGMENTS = ("commercial", "education", "nonprofit")


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One SKU with its one availability; `unit_price` is for the whole term."""

    product_id: str
    sku_id: str
    availability_id: str
    title: str
    description: str
    kind: Literal["reservation", "software"]
    segment: str
    term_duration: Literal["P1Y", "P3Y"] | None  # None: perpetual
    unit_price: Decimal
    currency: str = CURRENCY
    arm_sku_name: str | None = None
    arm_region_name: str | None = None  # "global" where the service has no region
    reservation_type: str | None = None  # ARM's word, such as VirtualMachines
    minimum_quantity: int = 1
    maximum_quantity: int = LARGEST_QUANTITY
    out_of_stock: bool = False
    is_purchasable: bool = True
    dynamic_attributes: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def catalog_item_id(self) -> str:
        return f"{self.product_id}:{self.sku_id}:{self.availability_id}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Product:
    id: str
    title: str
    description: str
    type_id: Literal["Azure", "Software"]
    subtype_id: str
    subtype_name: str
    target_views: frozenset[str]
    items: tuple[Item, ...]

    @property
    def is_reservation(self) -> bool:
        return self.type_id == "Azure"
