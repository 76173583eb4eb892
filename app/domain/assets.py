"""What an asset is: its kinds, its statuses, when it ends."""

import calendar
import datetime as dt
from enum import StrEnum

from app.domain.sentences import said

CANCELLED_AT_MICROSOFT = said("Cancelled at Microsoft.")


class AssetKind(StrEnum):
    RESERVATION = "reservation"
    SOFTWARE_SUBSCRIPTION = "software_subscription"

    @property
    def label(self) -> str:
        return {
            AssetKind.RESERVATION: "Azure Plan Reservation",
            AssetKind.SOFTWARE_SUBSCRIPTION: "Software subscription",
        }[self]


class AssetStatus(StrEnum):
    ACTIVE = "active"
    EXPIRED = "expired"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class ProvisioningSyncStatus(StrEnum):
    """What people see of a purchase; derived from its state in `purchase.sync_status_of`."""

    SYNCHRONIZED = "synchronized"
    FAILED = "failed"
    IN_PROGRESS = "in_progress"
    BEING_CHECKED = "being_checked"

    @property
    def label(self) -> str:
        return {
            ProvisioningSyncStatus.SYNCHRONIZED: "Synchronized",
            ProvisioningSyncStatus.FAILED: "Failed",
            ProvisioningSyncStatus.IN_PROGRESS: "In progress",
            ProvisioningSyncStatus.BEING_CHECKED: "Being checked with Microsoft",
        }[self]

    @property
    def is_final(self) -> bool:
        """Whether it stays so until a person does something."""
        return self in {ProvisioningSyncStatus.SYNCHRONIZED, ProvisioningSyncStatus.FAILED}


class AssetMonthEvent(StrEnum):
    """What an asset counts for in a month."""

    BOUGHT = "bought"  # and not cancelled since
    EXPIRES = "expires"  # if it is active


class AssetOrigin(StrEnum):
    """How an asset came to be ours."""

    ORDERED = "ordered"
    ADOPTED = "adopted"  # bought outside, taken over by staff
    FOUND_AT_MICROSOFT = "found_at_microsoft"  # ours, lost with a database, made again

    @property
    def label(self) -> str:
        return {
            AssetOrigin.ORDERED: "Ordered",
            AssetOrigin.ADOPTED: "Adopted",
            AssetOrigin.FOUND_AT_MICROSOFT: "Found at Microsoft",
        }[self]


class BillingFrequency(StrEnum):
    ONE_TIME = "one_time"
    MONTHLY = "monthly"  # modelled; never offered for Azure plans

    @property
    def label(self) -> str:
        return {BillingFrequency.ONE_TIME: "One-Time", BillingFrequency.MONTHLY: "Monthly"}[self]


class SubscriptionStatus(StrEnum):
    """An Azure plan's, as ours."""

    ACTIVE = "active"
    PENDING_CANCELLATION = "pending_cancellation"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


TERM_YEARS = {"P1Y": 1, "P3Y": 3}


def term_label(term_duration: str | None) -> str:
    """`P1Y` → "1 year"; None is perpetual; what Microsoft invents later stays as it is."""
    if term_duration is None:
        return said("Perpetual")
    years = TERM_YEARS.get(term_duration)
    if years is None:
        return term_duration
    return said("1 year") if years == 1 else said("%(num)s years", num=years)


def estimated_end(start: dt.date, term_duration: str | None) -> dt.date | None:
    """Start plus term, 29 February → 28; None for perpetual or a term we do not know."""
    years = TERM_YEARS.get(term_duration or "")
    if years is None:
        return None
    last_day = calendar.monthrange(start.year + years, start.month)[1]
    return start.replace(year=start.year + years, day=min(start.day, last_day))


def asset_number(number: int) -> str:
    return f"AST-{number:06d}"


def order_number(number: int) -> str:
    return f"ORD-{number:06d}"


def subscription_number(number: int) -> str:
    return f"SUB-{number:05d}"


def account_number(number: int) -> str:
    return f"ACC-{number:05d}"


def cancellation_words(reason: str) -> str:
    """Why an asset was cancelled, as it is stored: the system's own words become a sentence again.

    What a person wrote stays as it was written.
    """
    return CANCELLED_AT_MICROSOFT if reason == CANCELLED_AT_MICROSOFT else reason
