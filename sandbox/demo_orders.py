"""What the demo customers bought from Microsoft before the demo begins."""

from dataclasses import dataclass

NORTHWIND = "northwind.example"
AEGEAN = "aegean.example"
HELIOS = "helios.example"
FABRIKAM = "fabrikam.example"
THISTLE = "thistle.example"
KALAMATA = "kalamata.example"


@dataclass(frozen=True, kw_only=True)
class Bought:
    """When: so many days ago, or such that it ends in so many days."""

    reference: str
    domain: str
    title: str
    quantity: int
    days_ago: int | None = None
    ends_in_days: int | None = None
    is_cancelled: bool = False


def _vm(size: str, region: str, term: str) -> str:
    return f"Reserved VM Instance, {size}, {region}, {term}"


ORDERS = (
    Bought(
        reference="DEMO-R01",
        domain=AEGEAN,
        title=_vm("Standard_D2s_v5", "EU West", "1 Year"),
        quantity=7,
        days_ago=200,
    ),
    Bought(
        reference="DEMO-R02",
        domain=AEGEAN,
        title=_vm("Standard_B1s", "EU West", "1 Year"),
        quantity=3,
        ends_in_days=8,
    ),
    Bought(
        reference="DEMO-R03",
        domain=AEGEAN,
        title=_vm("Standard_D2s_v5", "EU North", "3 Years"),
        quantity=2,
        days_ago=310,
    ),
    Bought(
        reference="DEMO-R04",
        domain=AEGEAN,
        title=_vm("Standard_B1s", "EU North", "1 Year"),
        quantity=4,
        days_ago=400,
    ),
    Bought(
        reference="DEMO-R05",
        domain=HELIOS,
        title=_vm("Standard_E4s_v5", "EU West", "1 Year"),
        quantity=2,
        days_ago=95,
    ),
    Bought(
        reference="DEMO-R06",
        domain=HELIOS,
        title=_vm("Standard_D2s_v5", "EU West", "1 Year"),
        quantity=5,
        ends_in_days=24,
    ),
    Bought(
        reference="DEMO-R07",
        domain=THISTLE,
        title=_vm("Standard_D2s_v5", "EU West", "3 Years"),
        quantity=1,
        days_ago=150,
    ),
    Bought(
        reference="DEMO-R08",
        domain=THISTLE,
        title=_vm("Standard_B1s", "EU West", "1 Year"),
        quantity=2,
        days_ago=430,
    ),
    Bought(
        reference="DEMO-R09",
        domain=KALAMATA,
        title=_vm("Standard_B2s", "EU West", "3 Years"),
        quantity=2,
        days_ago=500,
    ),
    Bought(
        reference="DEMO-R10",
        domain=KALAMATA,
        title=_vm("Standard_B1s", "EU West", "1 Year"),
        quantity=1,
        ends_in_days=17,
    ),
    Bought(
        reference="DEMO-R11",
        domain=KALAMATA,
        title=_vm("Standard_B2s", "EU North", "1 Year"),
        quantity=1,
        days_ago=60,
        is_cancelled=True,
    ),
    Bought(
        reference="DEMO-R12",
        domain=NORTHWIND,
        title=_vm("Standard_D2s_v5", "EU West", "1 Year"),
        quantity=1,
        days_ago=45,
    ),
    Bought(
        reference="DEMO-R13",
        domain=FABRIKAM,
        title=_vm("Standard_B2s", "EU West", "1 Year"),
        quantity=2,
        days_ago=120,
    ),
    Bought(
        reference="DEMO-R14",
        domain=AEGEAN,
        title="SQL Database Reserved vCore, SQLDB_GP_Compute_Gen5, EU West, 1 Year",
        quantity=4,
        days_ago=30,
    ),
    Bought(
        reference="DEMO-S01",
        domain=AEGEAN,
        title="Windows Server Standard - 8 Core License Pack - 1 Year",
        quantity=4,
        days_ago=100,
    ),
    Bought(
        reference="DEMO-S02",
        domain=AEGEAN,
        title="SQL Server Standard Core - 2 Core License Pack - 3 Years",
        quantity=2,
        days_ago=240,
    ),
    Bought(
        reference="DEMO-S03",
        domain=AEGEAN,
        title="SQL Server 2022 Standard",
        quantity=1,
        days_ago=340,
    ),
    Bought(
        reference="DEMO-S04",
        domain=AEGEAN,
        title="Remote Desktop Services CAL - 1 User - 1 Year",
        quantity=25,
        days_ago=12,
    ),
    Bought(
        reference="DEMO-S05",
        domain=HELIOS,
        title="Windows Server CAL - 1 User - 1 Year",
        quantity=40,
        ends_in_days=11,
    ),
    Bought(
        reference="DEMO-S06",
        domain=HELIOS,
        title="Windows Server Standard - 8 Core License Pack - 1 Year",
        quantity=2,
        days_ago=420,
    ),
    Bought(
        reference="DEMO-S07",
        domain=THISTLE,
        title="Windows Server CAL - 1 Device - 3 Years",
        quantity=15,
        days_ago=75,
    ),
    Bought(
        reference="DEMO-S08",
        domain=KALAMATA,
        title="Windows Server CAL - 1 User - 1 Year",
        quantity=10,
        days_ago=180,
    ),
    Bought(
        reference="DEMO-S09",
        domain=KALAMATA,
        title="Remote Desktop Services CAL - 1 Device - 1 Year",
        quantity=5,
        days_ago=50,
        is_cancelled=True,
    ),
    Bought(
        reference="DEMO-S10",
        domain=NORTHWIND,
        title="Windows Server Datacenter - 8 Core License Pack - 1 Year",
        quantity=2,
        days_ago=20,
    ),
)
