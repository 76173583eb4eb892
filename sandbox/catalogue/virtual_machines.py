"""The virtual machine sizes that can be reserved."""

from dataclasses import dataclass
from decimal import Decimal

from sandbox.catalogue.regions import Reach


@dataclass(frozen=True)
class VirtualMachineSize:
    """Its price is for one year in EU West."""

    arm_sku_name: str
    category: str
    cores: int
    ram: str
    yearly_price: Decimal
    reach: Reach

    @property
    def display_name(self) -> str:
        return self.arm_sku_name.removeprefix("Standard_").replace("_", " ")


_GENERAL = (
    ("Standard_B1s", 1, "1", "18.4212"),
    ("Standard_B2s", 2, "4", "73.6848"),
    ("Standard_B2ms", 2, "8", "85.3290"),
    ("Standard_B4ms", 4, "16", "170.6580"),
    ("Standard_D2s_v3", 2, "8", "118.3415"),
    ("Standard_D4s_v3", 4, "16", "236.6830"),
    ("Standard_D2s_v5", 2, "8", "112.2273"),
    ("Standard_D4s_v5", 4, "16", "224.4546"),
    ("Standard_D8s_v5", 8, "32", "448.9092"),
    ("Standard_D16s_v5", 16, "64", "897.8184"),
    ("Standard_D32s_v5", 32, "128", "1795.6368"),
    ("Standard_D2as_v5", 2, "8", "100.9948"),
    ("Standard_D4as_v5", 4, "16", "201.9896"),
    ("Standard_D8as_v5", 8, "32", "403.9792"),
)
_MEMORY = (
    ("Standard_E2s_v5", 2, "16", "148.1402"),
    ("Standard_E4s_v5", 4, "32", "296.2804"),
    ("Standard_E8s_v5", 8, "64", "592.5608"),
    ("Standard_E16s_v5", 16, "128", "1185.1216"),
    ("Standard_E4as_v5", 4, "32", "266.6524"),
    ("Standard_E8as_v5", 8, "64", "533.3048"),
)
_COMPUTE = (
    ("Standard_F2s_v2", 2, "4", "101.7164"),
    ("Standard_F4s_v2", 4, "8", "203.4328"),
    ("Standard_F8s_v2", 8, "16", "406.8656"),
    ("Standard_F16s_v2", 16, "32", "813.7312"),
)
_STORAGE = (
    ("Standard_L8s_v3", 8, "64", "774.2915"),
    ("Standard_L16s_v3", 16, "128", "1548.5830"),
)
_GPU = (
    ("Standard_NC6s_v3", 6, "112", "3318.6604"),
    ("Standard_NC12s_v3", 12, "224", "6637.3208"),
    ("Standard_NC4as_T4_v3", 4, "28", "571.0827"),
    ("Standard_NV12ads_A10_v5", 12, "110", "985.4420"),
)
_HIGH_PERFORMANCE = (
    ("Standard_HB120rs_v3", 120, "448", "3894.1175"),
    ("Standard_HC44rs", 44, "352", "3427.5592"),
)

VIRTUAL_MACHINE_SIZES = tuple(
    VirtualMachineSize(arm_sku_name, category, cores, ram, Decimal(yearly_price), reach)
    for category, reach, rows in (
        ("General purpose", Reach.EVERYWHERE, _GENERAL),
        ("Memory optimized", Reach.EVERYWHERE, _MEMORY),
        ("Compute optimized", Reach.EVERYWHERE, _COMPUTE),
        ("Storage optimized", Reach.MAIN_REGIONS, _STORAGE),
        ("GPU", Reach.LARGEST_REGIONS, _GPU),
        ("High performance compute", Reach.LARGEST_REGIONS, _HIGH_PERFORMANCE),
    )
    for arm_sku_name, cores, ram, yearly_price in rows
)
