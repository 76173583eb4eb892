"""Orders: from a quote that buys nothing to an executed order that made its assets."""

from enum import StrEnum


class OrderStatus(StrEnum):
    QUOTED = "quoted"  # reviewed, prices held; not yet an order for anybody
    PENDING_APPROVAL = "pending_approval"
    EXECUTED = "executed"
    DECLINED = "declined"
    EXPIRED = "expired"

    @property
    def label(self) -> str:
        return {
            OrderStatus.QUOTED: "Not placed",
            OrderStatus.PENDING_APPROVAL: "Pending reseller approval",
            OrderStatus.EXECUTED: "Executed",
            OrderStatus.DECLINED: "Declined",
            OrderStatus.EXPIRED: "Expired",
        }[self]
