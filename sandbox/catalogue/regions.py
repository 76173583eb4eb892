"""Azure's regions, as price sheets write them and as ARM does."""

from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum


class Reach(IntEnum):
    """How far a service has spread: each step includes the one before."""

    GLOBAL = 0
    LARGEST_REGIONS = 1
    MAIN_REGIONS = 2
    EVERYWHERE = 3


@dataclass(frozen=True)
class Region:
    name: str
    arm_region_name: str
    price_factor: Decimal
    opens_at: Reach


_LARGEST = (
    ("EU West", "westeurope", "1.00"),
    ("EU North", "northeurope", "0.94"),
    ("DE West Central", "germanywestcentral", "1.02"),
    ("FR Central", "francecentral", "1.01"),
    ("UK South", "uksouth", "1.03"),
    ("SE Central", "swedencentral", "0.92"),
    ("US East", "eastus", "0.86"),
    ("US East 2", "eastus2", "0.86"),
    ("US West 2", "westus2", "0.86"),
    ("US South Central", "southcentralus", "0.90"),
    ("US Central", "centralus", "0.91"),
    ("AP Southeast", "southeastasia", "1.05"),
    ("JA East", "japaneast", "1.12"),
    ("AU East", "australiaeast", "1.08"),
)
_MAIN = (
    ("US West", "westus", "0.99"),
    ("US West 3", "westus3", "0.86"),
    ("US North Central", "northcentralus", "0.90"),
    ("CA Central", "canadacentral", "0.93"),
    ("BR South", "brazilsouth", "1.41"),
    ("IT North", "italynorth", "1.04"),
    ("ES Central", "spaincentral", "1.03"),
    ("PL Central", "polandcentral", "1.04"),
    ("CH North", "switzerlandnorth", "1.14"),
    ("NO East", "norwayeast", "1.06"),
    ("AE North", "uaenorth", "1.09"),
    ("QA Central", "qatarcentral", "1.10"),
    ("IL Central", "israelcentral", "1.08"),
    ("ZA North", "southafricanorth", "1.13"),
    ("IN Central", "centralindia", "0.89"),
    ("KR Central", "koreacentral", "1.05"),
    ("AP East", "eastasia", "1.16"),
    ("MX Central", "mexicocentral", "0.97"),
)
_OTHERS = (
    ("US West Central", "westcentralus", "0.98"),
    ("CA East", "canadaeast", "0.93"),
    ("BR Southeast", "brazilsoutheast", "1.83"),
    ("CL Central", "chilecentral", "1.22"),
    ("UK West", "ukwest", "1.05"),
    ("FR South", "francesouth", "1.31"),
    ("DE North", "germanynorth", "1.33"),
    ("CH West", "switzerlandwest", "1.48"),
    ("NO West", "norwaywest", "1.38"),
    ("AT East", "austriaeast", "1.04"),
    ("AE Central", "uaecentral", "1.42"),
    ("ZA West", "southafricawest", "1.47"),
    ("IN South", "southindia", "1.10"),
    ("IN West", "westindia", "1.11"),
    ("KR South", "koreasouth", "0.97"),
    ("JA West", "japanwest", "1.15"),
    ("AU Southeast", "australiasoutheast", "1.08"),
    ("AU Central", "australiacentral", "1.10"),
    ("AU Central 2", "australiacentral2", "1.10"),
    ("NZ North", "newzealandnorth", "1.12"),
    ("MY West", "malaysiawest", "1.01"),
    ("ID Central", "indonesiacentral", "1.04"),
)

GLOBAL_REGION = Region("Global", "global", Decimal(1), Reach.GLOBAL)
REGIONS = tuple(
    Region(name, arm_region_name, Decimal(factor), opens_at)
    for opens_at, rows in (
        (Reach.LARGEST_REGIONS, _LARGEST),
        (Reach.MAIN_REGIONS, _MAIN),
        (Reach.EVERYWHERE, _OTHERS),
    )
    for name, arm_region_name, factor in rows
)


def regions_within(reach: Reach) -> tuple[Region, ...]:
    if reach is Reach.GLOBAL:
        return (GLOBAL_REGION,)
    return tuple(region for region in REGIONS if region.opens_at <= reach)
