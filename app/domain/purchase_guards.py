"""What holds a purchase back before money: spend limits, and a second pair of eyes."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class WaitsFor(StrEnum):
    """Why a purchase that could be sent is not: nothing failed, and people may let it go on."""

    ACCOUNT_LIMIT = "account_limit"
    HOURLY_LIMIT = "hourly_limit"
    APPROVAL = "approval"  # too much for one purchase: two people must agree
    NEW_CART_APPROVAL = "new_cart_approval"  # the old cart's end is unknown: two people must agree

    @property
    def is_approval(self) -> bool:
        return self in {WaitsFor.APPROVAL, WaitsFor.NEW_CART_APPROVAL}


@dataclass(frozen=True, kw_only=True)
class SpendLimits:
    """Costs in `currency`, within any hour where not said otherwise; None is no limit."""

    currency: str
    four_eyes_above: Decimal | None = None  # for a single purchase
    per_account: Decimal | None = None
    altogether: Decimal | None = None

    @property
    def is_any_set(self) -> bool:
        limits = (self.four_eyes_above, self.per_account, self.altogether)
        return any(limit is not None for limit in limits)

    def needs_four_eyes(self, amount: Decimal, currency: str) -> bool:
        """Money in another currency cannot be compared: whatever it is, two people look at it."""
        if currency != self.currency:
            return self.is_any_set
        return self.four_eyes_above is not None and amount > self.four_eyes_above


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What other purchases cost within the last hour, in the currency of the limits."""

    account: Decimal
    altogether: Decimal


def what_to_wait_for(
    amount: Decimal, currency: str, limits: SpendLimits, spent: Spent, *, is_approved: bool
) -> WaitsFor | None:
    """None: it may be bought now. Two people's word stands in for no hourly limit."""
    if limits.needs_four_eyes(amount, currency) and not is_approved:
        return WaitsFor.APPROVAL
    if currency != limits.currency:
        return None
    if limits.per_account is not None and spent.account + amount > limits.per_account:
        return WaitsFor.ACCOUNT_LIMIT
    if limits.altogether is not None and spent.altogether + amount > limits.altogether:
        return WaitsFor.HOURLY_LIMIT
    return None
