"""Contacts: what a person is to us at an account."""

from enum import StrEnum


class ContactRole(StrEnum):
    """The billing contact gets the invoices."""

    BILLING = "billing"
    TECHNICAL = "technical"
    MANAGEMENT = "management"
    OTHER = "other"

    @property
    def label(self) -> str:
        return self.value.capitalize()
