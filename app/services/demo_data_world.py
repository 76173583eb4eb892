"""The demo's people and companies, as constants."""

from dataclasses import dataclass
from decimal import Decimal

from app.domain.access import AccountKind, Role
from app.domain.languages import Language

PASSWORD = "entrepot-demo"  # noqa: S105  # printed on the console; production refuses its users
COUNTRY = "GR"
CURRENCY = "EUR"
VAT_RATE = Decimal(24)
MARKUP = Decimal(10)
PRICE_LIST = "Standard price list"
DISTRIBUTOR = "entrepot.example"


@dataclass(frozen=True, kw_only=True)
class DemoAccount:
    """`domain` is its name at Microsoft, and the key by which the rest of the demo names it."""

    domain: str
    kind: AccountKind
    name: str
    city: str
    address: str
    vat_number: str
    reseller: str | None = None
    default_markup: Decimal = Decimal(0)
    markup: Decimal | None = None
    needs_approval: bool = False
    language: Language = Language.EN


@dataclass(frozen=True, kw_only=True)
class DemoUser:
    email: str
    name: str
    account: str
    role: Role


ACCOUNTS = (
    DemoAccount(
        domain=DISTRIBUTOR,
        kind=AccountKind.DISTRIBUTOR,
        name="Entrepot",
        city="Athens",
        address="Leoforos Kifisias 44",
        vat_number="EL800000001",
    ),
    DemoAccount(
        domain="northwind.example",
        kind=AccountKind.RESELLER,
        name="Northwind Cloud",
        city="Thessaloniki",
        address="Egnatia 112",
        vat_number="EL800000002",
    ),
    DemoAccount(
        domain="aegean.example",
        kind=AccountKind.END_CUSTOMER,
        name="Aegean Foods S.A.",
        city="Piraeus",
        address="Akti Miaouli 17",
        vat_number="EL800000003",
        reseller="northwind.example",
    ),
    DemoAccount(
        domain="helios.example",
        kind=AccountKind.END_CUSTOMER,
        name="Helios Clinics Ltd",
        city="Volos",
        address="Iasonos 8",
        vat_number="EL800000004",
        reseller="northwind.example",
        markup=Decimal(10),
        needs_approval=True,
    ),
    DemoAccount(
        domain="fabrikam.example",
        kind=AccountKind.RESELLER,
        name="Fabrikam Cloud",
        city="Patras",
        address="Korinthou 201",
        vat_number="EL800000005",
        default_markup=Decimal(15),
        language=Language.DE,
    ),
    DemoAccount(
        domain="thistle.example",
        kind=AccountKind.END_CUSTOMER,
        name="Thistle & Vane LLP",
        city="Heraklion",
        address="Leoforos Knosou 63",
        vat_number="EL800000006",
        reseller="fabrikam.example",
    ),
    DemoAccount(
        domain="kalamata.example",
        kind=AccountKind.DIRECT_CUSTOMER,
        name="Kalamata Estates",
        city="Kalamata",
        address="Navarinou 29",
        vat_number="EL800000007",
        language=Language.EL,
    ),
)
USERS = (
    DemoUser(
        email="admin@entrepot.example",
        name="Eleni Markou",
        account=DISTRIBUTOR,
        role=Role.STAFF_ADMINISTRATOR,
    ),
    DemoUser(
        email="support@entrepot.example",
        name="Nikos Vlachos",
        account=DISTRIBUTOR,
        role=Role.STAFF_SUPPORT,
    ),
    DemoUser(
        email="reseller@northwind.example",
        name="Maria Ioannou",
        account="northwind.example",
        role=Role.ADMINISTRATOR,
    ),
    DemoUser(
        email="buyer@aegean.example",
        name="Giorgos Dimas",
        account="aegean.example",
        role=Role.ADMINISTRATOR,
    ),
    DemoUser(
        email="reseller@fabrikam.example",
        name="Katerina Loukas",
        account="fabrikam.example",
        role=Role.ADMINISTRATOR,
    ),
    DemoUser(
        email="owner@kalamata.example",
        name="Petros Stathis",
        account="kalamata.example",
        role=Role.ADMINISTRATOR,
    ),
)
# By our reference at Microsoft; what is not named here has no discount.
DISCOUNTS = {
    "DEMO-R01": Decimal("12.5"),
    "DEMO-R03": Decimal(5),
    "DEMO-R06": Decimal(10),
    "DEMO-R09": Decimal("7.5"),
    "DEMO-S02": Decimal(5),
    "DEMO-S05": Decimal("2.5"),
    "DEMO-S08": Decimal(4),
}
# What was given back counts 0 at Microsoft, and still stands in our books.
RETURNED_QUANTITIES = {"DEMO-R11": 1, "DEMO-S09": 5}
# Microsoft has its id; our record has not read it yet.
WITHOUT_SOFTWARE_ID = "DEMO-S04"


@dataclass(frozen=True, kw_only=True)
class FailedPurchase:
    """A reservation that Microsoft refused: another Azure plan, and it goes through."""

    account: str
    title: str
    quantity: int
    days_ago: int
    error_code: str
    error_message: str


FAILED = FailedPurchase(
    account="aegean.example",
    title="Reserved VM Instance, Standard_D4s_v5, EU West, 1 Year",
    quantity=2,
    days_ago=3,
    error_code="800011",
    error_message="The subscription is not an active Azure subscription.",
)
