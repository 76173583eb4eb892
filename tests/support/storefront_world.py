"""A reseller with a customer who bought the example of docs/money.md, and a direct customer."""

from dataclasses import dataclass, field
from decimal import Decimal

from app.domain.access import AccountKind, Role
from tests.factories import AccountFactory, ReservationFactory, UserFactory

EXAMPLE = "Reserved VM Instance, Standard_D2s_v5, EU West, 1 Year"


@dataclass
class World:
    reseller: object = field(
        default_factory=lambda: AccountFactory(kind=AccountKind.RESELLER, name="Northwind Cloud")
    )
    direct: object = field(default_factory=lambda: AccountFactory(name="Kalamata Estates"))

    def __post_init__(self):
        self.customer = AccountFactory.customer_of(self.reseller, name="Aegean Foods S.A.")

    def user_of(self, account, role=Role.ADMINISTRATOR):
        return UserFactory(account=account, role=role)

    def example(self, **changes):
        """Seven at 123.45 less 12.5 %: 756.13 without, 937.60 with VAT, for the customer.

        Microsoft's price is 101.77 and the reseller pays 111.11: neither is the customer's to see.
        """
        values = {
            "account": self.customer,
            "name": EXAMPLE,
            "quantity": 7,
            "discount_percent": Decimal("12.5"),
            "unit_cost": Decimal("101.7700"),
            "buying_unit_price": Decimal("111.11"),
            "selling_unit_price": Decimal("123.45"),
        }
        return ReservationFactory(**values | changes)


# Cost, the reseller's unit price, its total without and with VAT, its margin.
SECRETS = ("101.77", "111.11", "680.55", "843.88", "75.58")
