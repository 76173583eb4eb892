"""What shall go wrong, on which route and how often."""

import re
from dataclasses import asdict, dataclass

from sandbox.storage import Storage

ROUTES = frozenset(
    {
        "token",
        "catalog",
        "pricesheet",
        "registration",
        "inventory",
        "create_cart",
        "get_cart",
        "checkout",
        "get_order",
        "list_orders",
        "subscriptions",
        "entitlements",
        "artifact",
        "arm",
        "update_cart",
        "cancel_order",
        "customers",
        "agreements",
        "azure_entitlements",
        "provisioning_status",
    }
)

_PLAIN_KINDS = frozenset({"drop_before", "drop_after", "truncated", "garbage", "unknown_state"})
_PARAMETER_KINDS = (
    re.compile(r"status:[2-5]\d\d(:\w+)?"),
    re.compile(r"status_after:[2-5]\d\d(:\w+)?"),
    re.compile(r"(late|slow):\d+(\.\d+)?"),
)
# Kinds that only make sense where the answer has the part they spoil.
_KINDS_OF_SOME_ROUTES = {
    "cart_line_error": {"create_cart", "update_cart"},
    "order_errors": {"checkout"},
    "missing_subscription_id": {"checkout", "get_order", "list_orders", "subscriptions"},
}


class FaultError(ValueError):
    """What is wrong with the fault asked for, in one sentence."""


@dataclass(frozen=True)
class Fault:
    route: str
    kind: str
    customer_id: str | None = None

    @property
    def name(self) -> str:
        return self.kind.partition(":")[0]

    @property
    def parameters(self) -> list[str]:
        return self.kind.split(":")[1:]


class FaultPlan:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def add(self, fault: Fault, *, times: int) -> None:
        """Plans a fault for so many calls; 0 means until everything is reset."""
        _refuse_unknown(fault)
        if times < 0:
            raise FaultError("times must be 0 (until reset) or more.")
        self._storage.insert("faults", **asdict(fault), times_left=times or None)

    def take(self, route: str, customer_id: str | None) -> Fault | None:
        """The oldest fault planned for this call, counted down by one."""
        with self._storage.transaction():
            found = self._storage.row(
                "SELECT * FROM faults WHERE route = ? AND (customer_id IS NULL OR customer_id = ?)"
                " ORDER BY id LIMIT 1",
                route,
                customer_id,
            )
            if found is None:
                return None
            if found["times_left"] == 1:
                self._storage.run("DELETE FROM faults WHERE id = ?", found["id"])
            elif found["times_left"] is not None:
                self._storage.run(
                    "UPDATE faults SET times_left = times_left - 1 WHERE id = ?", found["id"]
                )
            return Fault(found["route"], found["kind"], found["customer_id"])

    def planned(self) -> list[dict[str, object]]:
        found = self._storage.rows("SELECT * FROM faults ORDER BY id")
        return [dict(row) | {"times_left": row["times_left"] or 0} for row in found]

    def reset(self) -> None:
        self._storage.run("DELETE FROM faults")


def _refuse_unknown(fault: Fault) -> None:
    if fault.route not in ROUTES:
        raise FaultError(f"There is no route {fault.route}; known are {', '.join(sorted(ROUTES))}.")
    routes = _KINDS_OF_SOME_ROUTES.get(fault.kind)
    if routes is not None and fault.route not in routes:
        raise FaultError(f"{fault.kind} is possible on {', '.join(sorted(routes))} only.")
    known = fault.kind in _PLAIN_KINDS or any(p.fullmatch(fault.kind) for p in _PARAMETER_KINDS)
    if routes is None and not known:
        raise FaultError(f"There is no kind of fault {fault.kind}.")
