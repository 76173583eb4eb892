"""Reconciliation: how what we bought may differ from what Microsoft says was bought."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from app.domain.purchase import PurchaseState


class CaseKind(StrEnum):
    OURS_ONLY = "ours_only"  # we have an order that Microsoft does not know
    THEIRS_ONLY = "theirs_only"  # bought outside, or moved to us
    LOST_HERE = "lost_here"  # carries our reference, and our row is gone
    DIFFERS = "differs"
    RECREATED = "recreated"  # was lost here and is made again: people check its price

    @property
    def label(self) -> str:
        return {
            CaseKind.OURS_ONLY: "Ours only",
            CaseKind.THEIRS_ONLY: "Microsoft only",
            CaseKind.LOST_HERE: "Lost here",
            CaseKind.DIFFERS: "Differs",
            CaseKind.RECREATED: "Found at Microsoft",
        }[self]


class CaseState(StrEnum):
    OPEN = "open"
    IN_WORK = "in_work"  # somebody has it
    RESOLVED = "resolved"
    ACCEPTED = "accepted"  # people say that it may stay so

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()

    @property
    def is_final(self) -> bool:
        return self in {CaseState.RESOLVED, CaseState.ACCEPTED}


_OWN_REF = re.compile(r"AST-\d{6,}-[0-9A-Z]{8}")


@dataclass(frozen=True, kw_only=True)
class Ours:
    """A purchase of ours, as it was frozen."""

    purchase_id: UUID
    asset_id: UUID
    account_id: UUID
    name: str  # of the asset, for people
    customer_id: str
    own_ref: str
    order_id: str | None
    state: PurchaseState
    is_active: bool  # the asset
    is_settled: bool  # long enough ago for Microsoft to list it
    product_id: str
    sku_id: str
    quantity: int
    term_duration: str | None
    cost: Decimal
    cost_currency: str


@dataclass(frozen=True, kw_only=True)
class Theirs:
    """Something that Microsoft says was bought: a line of an order, or what is left of one."""

    customer_id: str
    order_id: str
    alternate_id: str
    status: str
    ordered_at: dt.datetime | None
    reference: str  # the friendly name: ours, or what somebody typed
    product_id: str
    sku_id: str
    quantity: int
    term_duration: str | None
    unit_price: Decimal | None
    currency: str
    is_cancelled: bool
    is_whole: bool = True  # False: only an entitlement or a subscription, without its order

    @property
    def is_ours_by_name(self) -> bool:
        return bool(_OWN_REF.fullmatch(self.reference))


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One difference. `differs`: field → [ours, Microsoft's]."""

    kind: CaseKind
    title: str
    differs: dict[str, list[str | None]]
    ours: Ours | None = None
    theirs: Theirs | None = None
    made_asset_id: UUID | None = None  # what was made again here

    @property
    def fingerprint(self) -> str:
        """The same difference of the same thing, whenever it is seen."""
        order = self.theirs.order_id if self.theirs else ""
        purchase = str(self.ours.purchase_id) if self.ours else ""
        return f"{self.kind.value} {order.casefold()} {purchase}"


@dataclass(frozen=True, kw_only=True)
class Reconciled:
    """`lost_progress`: bought, and our row does not know it yet."""

    matched: int
    lost_progress: tuple[tuple[Ours, Theirs], ...]
    findings: tuple[Finding, ...]


def reconcile(ours: Iterable[Ours], theirs: Iterable[Theirs], customer_id: str) -> Reconciled:
    """Compare a customer's purchases with what Microsoft says.

    `ours` holds the customer's purchases, and those of any customer whose reference is named by
    one of `theirs`. An order says what it is by its id first, by our reference second.
    """
    purchases = list(ours)
    by_order = {each.order_id.casefold(): each for each in purchases if each.order_id}
    by_ref = {each.own_ref: each for each in purchases}
    matched, progress, findings = 0, [], []
    seen: set[UUID] = set()
    for their in theirs:
        our = by_order.get(their.order_id.casefold()) or by_ref.get(their.reference)
        if our is not None:
            seen.add(our.purchase_id)
        finding = _finding(our, their)
        if finding is not None:
            findings.append(finding)
        elif our is not None and our.order_id is None and not their.is_cancelled:
            progress.append((our, their))
        elif our is not None:
            matched += 1
    findings += [_ours_only(each) for each in purchases if _is_missing(each, customer_id, seen)]
    return Reconciled(matched=matched, lost_progress=tuple(progress), findings=tuple(findings))


def _is_missing(our: Ours, customer_id: str, seen: set[UUID]) -> bool:
    is_here = our.customer_id.casefold() == customer_id.casefold()
    is_listed_by_now = bool(our.order_id) and our.is_active and our.is_settled
    return is_here and is_listed_by_now and our.purchase_id not in seen


def _finding(our: Ours | None, their: Theirs) -> Finding | None:
    if our is None:
        return None if their.is_cancelled else _theirs_only(their)
    if their.is_cancelled or not their.is_whole:
        return None  # the refresh follows what became of it
    differs = _differences(our, their)
    if not differs:
        return None
    return Finding(
        kind=CaseKind.DIFFERS,
        title=f"{our.name} differs: {', '.join(differs)}",
        differs=differs,
        ours=our,
        theirs=their,
    )


def _theirs_only(their: Theirs) -> Finding:
    is_lost = their.is_ours_by_name
    item = f"{their.product_id}:{their.sku_id}"
    return Finding(
        kind=CaseKind.LOST_HERE if is_lost else CaseKind.THEIRS_ONLY,
        title=f"Order {their.alternate_id or their.order_id}: {their.reference or item}",
        differs={},
        theirs=their,
    )


def _ours_only(our: Ours) -> Finding:
    return Finding(
        kind=CaseKind.OURS_ONLY,
        title=f"{our.name}: Microsoft does not know its order",
        differs={"Order ID": [our.order_id, None]},
        ours=our,
    )


def _differences(our: Ours, their: Theirs) -> dict[str, list[str | None]]:
    pairs: dict[str, tuple[str | None, str | None]] = {
        "Customer": (our.customer_id.casefold(), their.customer_id.casefold()),
        "Quantity": (str(our.quantity), str(their.quantity)),
        "Term": (our.term_duration, their.term_duration),
    }
    if their.sku_id:  # else Microsoft names the offer by a bare GUID
        pairs["Product ID"] = (_item(our), _item(their))
    if our.order_id is not None:
        pairs["Order ID"] = (our.order_id.casefold(), their.order_id.casefold())
    if our.state is PurchaseState.ABANDONED:
        pairs["Purchase"] = ("given up: nothing was bought", "bought")
    if their.unit_price is not None and their.currency == our.cost_currency:
        pairs["Cost"] = (_amount(our.cost), _amount(their.unit_price))
    return {name: [mine, other] for name, (mine, other) in pairs.items() if mine != other}


def _item(side: Ours | Theirs) -> str:
    """Microsoft's ids come in any case."""
    return f"{side.product_id}:{side.sku_id}".upper()


def _amount(value: Decimal) -> str:
    return f"{value:.4f}"
