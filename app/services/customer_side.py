"""One customer's side at Microsoft: its lists are asked for once, however many assets it has."""

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from uuid import UUID

from app.domain.assets import AssetKind
from app.domain.purchase_commands import Details
from app.integrations.microsoft import (
    ArtifactLink,
    Entitlement,
    MicrosoftOrder,
    MicrosoftSubscription,
    ReservationDetails,
)
from app.services.pace import Pace
from app.services.ports import PartnerCenter
from app.services.purchase_details import (
    line_seen,
    reservation_details,
    software_details,
    subscription_details,
)

_ENTITLEMENT_TYPES = {
    AssetKind.RESERVATION: "reservedinstance",
    AssetKind.SOFTWARE_SUBSCRIPTION: "software",
}


class CustomerSide:
    """Four lists at most, and one call for each reservation. Any of it may raise MicrosoftError.

    It is a picture of the moment when it was read first: keep it for minutes, not for longer.
    """

    def __init__(self, partner_center: PartnerCenter, customer_id: str, pace: Pace) -> None:
        self.customer_id = customer_id
        self._partner_center = partner_center
        self._pace = pace
        self._entitlements: dict[AssetKind, dict[str, Entitlement]] = {}
        self._began = time.monotonic()

    @property
    def age(self) -> float:
        """Seconds."""
        return time.monotonic() - self._began

    @cached_property
    def orders(self) -> dict[str, MicrosoftOrder]:
        """By id, folded: Microsoft's ids come in either case."""
        self._pace.wait()
        orders = self._partner_center.list_orders(self.customer_id, with_prices=True)
        return {order.id.casefold(): order for order in orders}

    @cached_property
    def all_orders(self) -> list[MicrosoftOrder]:
        """Those of every billing cycle: Microsoft lists them by it."""
        self._pace.wait()
        others = self._partner_center.list_orders(
            self.customer_id, billing_type=None, with_prices=True
        )
        found = dict(self.orders) | {order.id.casefold(): order for order in others}
        return list(found.values())

    @cached_property
    def subscriptions(self) -> dict[str, MicrosoftSubscription]:
        """Software subscriptions by the order that made them; Azure plans have none."""
        self._pace.wait()
        found = self._partner_center.list_subscriptions(self.customer_id)
        return {each.order_id.casefold(): each for each in found if each.order_id}

    def entitlements(self, kind: AssetKind) -> dict[str, Entitlement]:
        """By the order that brought them."""
        if kind not in self._entitlements:
            self._pace.wait()
            found = self._partner_center.list_entitlements(
                self.customer_id, _ENTITLEMENT_TYPES[kind]
            )
            self._entitlements[kind] = {each.order_id.casefold(): each for each in found}
        return self._entitlements[kind]

    def find_order(self, order_id: str) -> MicrosoftOrder | None:
        """None where the list does not show it: that proves nothing for half an hour."""
        return self.orders.get(order_id.casefold())

    def details_of(self, kind: AssetKind, order_id: str, *, has_term: bool) -> Details:
        """What became of an order, and the order itself where it is listed."""
        details = self._read_details(kind, order_id.casefold(), has_term=has_term)
        order = self.find_order(order_id)
        if order is None or len(order.lines) != 1:
            return details
        return replace(details, order=line_seen(order, order.lines[0], self.customer_id))

    def _read_details(self, kind: AssetKind, order_id: str, *, has_term: bool) -> Details:
        if kind is AssetKind.RESERVATION:
            return reservation_details(self, self.entitlements(kind).get(order_id))
        if subscription := self.subscriptions.get(order_id):
            return subscription_details(subscription)
        return software_details(self.entitlements(kind).get(order_id), has_term=has_term)

    def get_reservations(
        self, artifact: ArtifactLink, *, correlation_id: UUID | None = None
    ) -> Sequence[ReservationDetails]:
        self._pace.wait()
        return self._partner_center.get_reservations(artifact, correlation_id=correlation_id)
