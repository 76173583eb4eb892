"""What the audit log tells of, and how one entry is chained to the one before it."""

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

GENESIS = "0" * 64  # what the first entry follows


class AuditEvent(StrEnum):
    """`<what>.<happened>`: what stands before the dot is the group that the page filters by."""

    SIGNED_IN = "sign_in.done"
    SIGN_IN_FAILED = "sign_in.failed"
    SIGNED_OUT = "sign_in.ended"
    USER_INVITED = "user.invited"
    USER_ROLE_CHANGED = "user.role_changed"
    USER_ENABLED = "user.enabled"
    USER_DISABLED = "user.disabled"
    USER_LINK_SENT = "user.link_sent"
    USER_SESSIONS_ENDED = "user.sessions_ended"
    USER_CREATED = "user.created"
    PASSWORD_CHOSEN = "user.password_chosen"  # noqa: S105  # no password
    PASSWORD_CHANGED = "user.password_changed"  # noqa: S105  # no password
    CONTACT_ADDED = "account.contact_added"
    CONTACT_CHANGED = "account.contact_changed"
    CONTACT_REMOVED = "account.contact_removed"
    ACCOUNT_ADDED = "account.added"
    ACCOUNT_CHANGED = "account.changed"
    BRAND_CHANGED = "account.brand_changed"
    OPTIONS_CHANGED = "setup.options_changed"
    TAX_RULE_SAVED = "setup.tax_rule_saved"
    TAX_RULE_REMOVED = "setup.tax_rule_removed"
    CONNECTION_CHANGED = "microsoft.connection_changed"
    CONSENT_GIVEN = "microsoft.consent_given"
    CONSENT_FAILED = "microsoft.consent_failed"
    IMPORT_ASKED = "microsoft.import_asked"
    IMPORT_APPLIED = "microsoft.import_applied"
    PRICE_LIST_SAVED = "price.list_saved"
    PRICE_LIST_ASSIGNED = "price.list_assigned"
    PRICE_RULE_SAVED = "price.rule_saved"
    PRICE_RULE_REMOVED = "price.rule_removed"
    RATE_SAVED = "price.rate_saved"
    RATE_REMOVED = "price.rate_removed"
    PRODUCT_PUBLISHED = "product.published"
    PRODUCT_HIDDEN = "product.hidden"
    CATALOGUE_REFRESH_ASKED = "product.refresh_asked"
    ORDER_PLACED = "order.placed"
    ORDER_APPROVED = "order.approved"
    ORDER_DECLINED = "order.declined"
    ASSET_SAVED = "asset.saved"
    ASSET_RETRIED = "asset.retried"
    ASSET_GIVEN_UP = "asset.given_up"
    ASSET_CHANGED = "asset.changed"
    BULK_STARTED = "asset.bulk_started"
    BULK_STOPPED = "asset.bulk_stopped"
    GROUP_RETRIED = "asset.group_retried"
    PURCHASE_APPROVED = "purchase.approved"
    PURCHASE_DECLINED = "purchase.declined"
    PROVISIONING_PAUSED = "provisioning.paused"
    PROVISIONING_RESUME_ASKED = "provisioning.resume_asked"
    PROVISIONING_RESUMED = "provisioning.resumed"
    DATABASE_RESTORED = "provisioning.restored"
    RESENDING_CHANGED = "provisioning.resending_changed"
    EPOCH_RAISED = "provisioning.epoch_raised"
    LIMITS_CHANGED = "provisioning.limits_changed"
    ACCOUNT_LIMIT_CHANGED = "provisioning.account_limit_changed"
    CASE_SETTLED = "reconciliation.case_settled"
    NUMBERS_CONFIRMED = "invoice.numbers_confirmed"
    INVOICE_MADE = "invoice.made"
    CREDIT_NOTE_ISSUED = "invoice.credit_note_issued"
    PAYMENT_RECORDED = "invoice.payment_recorded"
    PAYMENT_WITHDRAWN = "invoice.payment_withdrawn"
    MAIL_RETRIED = "mail.retried"
    MAIL_DROPPED = "mail.dropped"
    LIST_EXPORTED = "list.exported"

    @property
    def group(self) -> str:
        return self.value.partition(".")[0]

    @property
    def label(self) -> str:
        """`Sign in: failed`."""
        group, _, happened = self.value.partition(".")
        return f"{_words(group).capitalize()}: {_words(happened)}"


def _words(name: str) -> str:
    return name.replace("_", " ")


GROUPS = tuple(dict.fromkeys(event.group for event in AuditEvent))


def entry_hash(previous: str, content: Mapping[str, Any]) -> str:
    """SHA-256, in hex, over the hash of the entry before and the canonical content of this one.

    Canonical is JSON with sorted keys, no blanks, nothing but ASCII. `content` holds text,
    whole numbers, booleans, None, and lists and dictionaries of them.
    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()
