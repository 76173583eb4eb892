"""Every word of the domain has a label of its own for people."""

import importlib
import pkgutil
from enum import StrEnum

import pytest

import app.domain
from app.domain.access import AccountKind, Role
from app.domain.assets import AssetOrigin, ProvisioningSyncStatus
from app.domain.audit import GROUPS, AuditEvent
from app.domain.bulk import BulkAction
from app.domain.invoices import InvoiceKind, InvoiceState
from app.domain.orders import OrderStatus
from app.domain.reconciliation import CaseState

MODULES = [
    importlib.import_module(f"app.domain.{module.name}")
    for module in pkgutil.iter_modules(app.domain.__path__)
]
LABELLED = sorted(
    {
        found
        for module in MODULES
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, StrEnum) and hasattr(found, "label")
    }
    - {Role},  # staff and storefront each have administrators, and never on one page
    key=lambda found: found.__name__,
)


@pytest.mark.parametrize("words", LABELLED, ids=lambda words: words.__name__)
def test_each_word_is_told_apart_by_its_label(words):
    labels = [str(word.label) for word in words]

    assert all(label[0].isupper() for label in labels)
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("word", "label"),
    [
        (AccountKind.END_CUSTOMER, "End customer"),
        (Role.STAFF_PROVISIONING, "Provisioning"),
        (ProvisioningSyncStatus.BEING_CHECKED, "Being checked with Microsoft"),
        (AssetOrigin.FOUND_AT_MICROSOFT, "Found at Microsoft"),
        (AuditEvent.SIGN_IN_FAILED, "Sign in: failed"),
        (BulkAction.RETRY, "Try again at Microsoft"),
        (InvoiceKind.CREDIT_NOTE, "Credit note"),
        (InvoiceState.OVERDUE, "Overdue"),
        (OrderStatus.PENDING_APPROVAL, "Pending reseller approval"),
        (CaseState.IN_WORK, "In work"),
    ],
)
def test_labels_are_the_words_of_the_pages(word, label):
    assert word.label == label


def test_an_audit_event_belongs_to_what_stands_before_its_dot():
    assert AuditEvent.SIGN_IN_FAILED.group == "sign_in"
    assert {event.group for event in AuditEvent} == set(GROUPS)


def test_only_tags_need_a_tag():
    assert {action for action in BulkAction if action.needs_tag} == {
        BulkAction.ADD_TAG,
        BulkAction.REMOVE_TAG,
    }


def test_a_state_is_final_where_only_people_change_it():
    assert {state for state in CaseState if state.is_final} == {
        CaseState.RESOLVED,
        CaseState.ACCEPTED,
    }
    assert {state for state in ProvisioningSyncStatus if state.is_final} == {
        ProvisioningSyncStatus.SYNCHRONIZED,
        ProvisioningSyncStatus.FAILED,
    }
