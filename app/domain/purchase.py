"""The states of a purchase, the only ways between them, and what people see of each."""

from enum import StrEnum

from app.domain.assets import ProvisioningSyncStatus
from app.domain.errors import ConflictError


class PurchaseState(StrEnum):
    QUEUED = "queued"  # nothing asked of Microsoft yet
    CART_READY = "cart_ready"  # a cart is committed; it costs nothing
    CHECKOUT_SENT = "checkout_sent"  # written before the money call: from here on perhaps bought
    UNKNOWN = "unknown"  # sent, and for 30 minutes no definite answer
    ORDERED = "ordered"  # Microsoft has the order
    SYNCHRONIZED = "synchronized"  # fulfilled, and its ids are here
    FAILED = "failed"  # a definite no; the cart stays
    ABANDONED = "abandoned"  # given up with the proof that nothing was bought


_ALLOWED: dict[PurchaseState, frozenset[PurchaseState]] = {
    PurchaseState.QUEUED: frozenset({PurchaseState.CART_READY, PurchaseState.FAILED}),
    PurchaseState.CART_READY: frozenset({PurchaseState.CHECKOUT_SENT, PurchaseState.FAILED}),
    PurchaseState.CHECKOUT_SENT: frozenset(
        {PurchaseState.ORDERED, PurchaseState.UNKNOWN, PurchaseState.FAILED}
    ),
    PurchaseState.UNKNOWN: frozenset({PurchaseState.ORDERED, PurchaseState.FAILED}),
    # the last: Microsoft cancelled the order
    PurchaseState.ORDERED: frozenset({PurchaseState.SYNCHRONIZED, PurchaseState.FAILED}),
    # edit and save: the same cart; ordered: a late order is adopted
    PurchaseState.FAILED: frozenset(
        {
            PurchaseState.QUEUED,
            PurchaseState.CART_READY,
            PurchaseState.ORDERED,
            PurchaseState.ABANDONED,
        }
    ),
    PurchaseState.SYNCHRONIZED: frozenset(),  # bought once, never twice
    PurchaseState.ABANDONED: frozenset(),
}


def allowed_moves() -> list[tuple[PurchaseState, PurchaseState]]:
    """The graph as pairs; the migration's trigger holds the same and a test compares them."""
    return [(start, end) for start, ends in _ALLOWED.items() for end in sorted(ends)]


def check_move(start: PurchaseState, end: PurchaseState) -> None:
    """Raise ConflictError for a step that is not in the graph. Staying where one is, is fine."""
    if start is not end and end not in _ALLOWED[start]:
        raise ConflictError(
            "A purchase that is %(start)s cannot become %(end)s.", start=start, end=end
        )


def sync_status_of(state: PurchaseState) -> ProvisioningSyncStatus:
    """What people see. A purchase that is perhaps done is never shown as Failed."""
    return {
        PurchaseState.SYNCHRONIZED: ProvisioningSyncStatus.SYNCHRONIZED,
        PurchaseState.FAILED: ProvisioningSyncStatus.FAILED,
        PurchaseState.ABANDONED: ProvisioningSyncStatus.FAILED,
        PurchaseState.UNKNOWN: ProvisioningSyncStatus.BEING_CHECKED,
    }.get(state, ProvisioningSyncStatus.IN_PROGRESS)
