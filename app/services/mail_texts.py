"""What each kind of mail says, in the recipient's language."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from app.documents.wording import day, money, number, percent, plain_money
from app.domain.mail import MailKind
from app.translations import Words

_Facts = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class MailText:
    """The same for plain text and HTML. `rows` are lines of a table: (what, beneath it, right).

    `path` is where the button leads, beneath the public address.
    """

    subject: str
    paragraphs: tuple[str, ...]
    rows: tuple[tuple[str, str, str], ...] = ()
    totals: tuple[tuple[str, str], ...] = ()
    button: str = ""
    path: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a text is made from. `link_path` is empty where the one-time link is not to be shown."""

    words: Words
    facts: _Facts
    timezone: str
    link_path: str = ""

    def instant(self, text: str) -> str:
        at = dt.datetime.fromisoformat(text).astimezone(ZoneInfo(self.timezone))
        return (
            f"{format_datetime(at, 'd MMM y, HH:mm', locale=self.words.locale)} ({self.timezone})"
        )


def text_of(kind: MailKind, told: Told) -> MailText:
    return _TEXTS[kind](told)


def _order_confirmation(told: Told) -> MailText:
    _, facts = told.words.gettext, told.facts
    return MailText(
        subject=_("Your order %(number)s is confirmed", number=facts["number"]),
        paragraphs=(
            _("Thank you for your order %(number)s for %(account)s.", **_names(facts)),
            _("What you bought is being set up at Microsoft now. You can watch it on its page."),
        ),
        rows=_order_rows(told),
        totals=_order_totals(told),
        button=_("Open the order"),
        path=facts["path"],
    )


def _approval_wanted(told: Told) -> MailText:
    _, facts = told.words.gettext, told.facts
    note = ""
    if facts["ends_at"]:
        ends_at = told.instant(facts["ends_at"])
        note = _("Without an answer the order expires on %(ends_at)s.", ends_at=ends_at)
    return MailText(
        subject=_("%(account)s asks you to approve order %(number)s", **_names(facts)),
        paragraphs=(
            _("%(placed_by)s of %(account)s placed order %(number)s.", **_names(facts)),
            _("Nothing is bought before you approve it."),
        ),
        rows=_order_rows(told),
        totals=_order_totals(told),
        button=_("Approve or decline"),
        path=facts["path"],
        note=note,
    )


def _order_declined(told: Told) -> MailText:
    _, facts = told.words.gettext, told.facts
    return MailText(
        subject=_("Your order %(number)s was declined", number=facts["number"]),
        paragraphs=(
            _(
                "%(decided_by)s declined order %(number)s for %(account)s. Nothing was bought.",
                decided_by=facts["decided_by"],
                **_names(facts),
            ),
            _("The reason: %(reason)s", reason=facts["reason"]),
        ),
        rows=_order_rows(told),
        totals=_order_totals(told),
        button=_("Open the order"),
        path=facts["path"],
    )


def _names(facts: _Facts) -> dict[str, str]:
    return {name: str(facts[name]) for name in ("number", "account", "placed_by")}


def _order_rows(told: Told) -> tuple[tuple[str, str, str], ...]:
    facts = told.facts
    return tuple(
        (
            line["title"],
            f"{number(told.words, line['quantity'])} ×",  # noqa: RUF001  # the sign for times
            "" if line["net"] is None else _money(told, line["net"]),
        )
        for line in facts["lines"]
    )


def _order_totals(told: Told) -> tuple[tuple[str, str], ...]:
    _, facts = told.words.gettext, told.facts
    if facts["net"] is None:
        return ()  # this customer's reseller hides the prices
    vat = (
        (_("VAT %(rate)s", rate=percent(told.words, Decimal(rate))), _money(told, amount))
        for rate, amount in facts["vat"]
    )
    return (
        (_("Total without VAT"), _money(told, facts["net"])),
        *vat,
        (_("Total with VAT"), _money(told, facts["gross"])),
    )


def _money(told: Told, amount: str) -> str:
    return money(told.words, Decimal(amount), told.facts["currency"])


def _provisioning_failed(told: Told) -> MailText:
    words, facts = told.words, told.facts
    count = facts["count"]
    return MailText(
        subject=words.ngettext(
            "Provisioning failed for %(num)s asset", "Provisioning failed for %(num)s assets", count
        ),
        paragraphs=(
            words.gettext("Microsoft refused what was to be bought. Nothing was bought for it."),
        ),
        rows=tuple(
            (f"{row['number']} · {row['name']}", f"{row['account']}: {row['words']}", "")
            for row in facts["assets"]
        ),
        button=words.gettext("Open the back office"),
        path=_bss_assets(facts),
        note=_more(told),
    )


def _bss_assets(facts: _Facts) -> str:
    """The asset itself where it is one, else those that failed."""
    if facts["count"] == 1:
        return f"/bss/billing/assets/{facts['assets'][0]['id']}/"
    return "/bss/billing/assets/?sync_status=failed"


def _expired(told: Told) -> MailText:
    words, facts = told.words, told.facts
    count = facts["count"]
    return MailText(
        subject=words.ngettext(
            "%(num)s asset of %(account)s has expired",
            "%(num)s assets of %(account)s have expired",
            count,
            account=facts["account"],
        ),
        paragraphs=(
            words.gettext("What expired has no effect any more. It is not renewed by itself."),
        ),
        rows=tuple(
            (
                row["name"],
                row["number"],
                day(words, dt.date.fromisoformat(row["expired_on"])) if row["expired_on"] else "",
            )
            for row in facts["assets"]
        ),
        button=words.gettext("Open the assets"),
        path="/billing/assets/",
        note=_more(told),
    )


def _more(told: Told) -> str:
    more = told.facts["count"] - len(told.facts["assets"])
    if more <= 0:
        return ""
    return told.words.ngettext("And %(num)s more.", "And %(num)s more.", more)


def _invoice(told: Told) -> MailText:
    _, facts = told.words.gettext, told.facts
    due_on = day(told.words, dt.date.fromisoformat(facts["due_on"]))
    return MailText(
        subject=_("Invoice %(number)s for %(account)s", **_document_names(facts)),
        paragraphs=(
            _("Invoice %(number)s for your order %(order)s is attached.", **_document_names(facts)),
            _("Please pay by %(day)s and quote %(number)s.", day=due_on, number=facts["number"]),
        ),
        rows=_document_rows(told),
        totals=_document_totals(told, _("Final Price")),
        button=_("Open the invoice") if facts["path"] else "",
        path=facts["path"],
    )


def _credit_note(told: Told) -> MailText:
    _, facts = told.words.gettext, told.facts
    return MailText(
        subject=_("Credit note %(number)s for %(account)s", **_document_names(facts)),
        paragraphs=(
            _(
                "Credit note %(number)s corrects invoice %(corrects)s. It is attached.",
                **_document_names(facts),
            ),
            _("Reason: %(reason)s", reason=facts["reason"]),
            _("This amount is set off against your balance."),
        ),
        rows=_document_rows(told),
        totals=_document_totals(told, _("Credited amount")),
        button=_("Open the credit note") if facts["path"] else "",
        path=facts["path"],
    )


def _document_names(facts: _Facts) -> dict[str, str]:
    return {name: str(facts[name]) for name in ("number", "account", "order", "corrects")}


def _document_rows(told: Told) -> tuple[tuple[str, str, str], ...]:
    _, facts = told.words.gettext, told.facts
    rows = [
        (_("Date"), "", day(told.words, dt.date.fromisoformat(facts["issued_on"]))),
        (_("Order"), "", facts["order"]),
    ]
    if facts["reference"]:
        rows.append((_("Your reference"), "", facts["reference"]))
    return tuple(rows)


def _document_totals(told: Told, final: str) -> tuple[tuple[str, str], ...]:
    _, facts = told.words.gettext, told.facts
    taxes = (
        (
            _(
                "VAT %(rate)s on %(base)s",
                rate=percent(told.words, Decimal(rate)),
                base=plain_money(told.words, Decimal(base), facts["currency"]),
            ),
            _money(told, vat),
        )
        for rate, base, vat in facts["taxes"]
    )
    return (
        (_("Total Before Tax"), _money(told, facts["net"])),
        *taxes,
        (final, _money(told, facts["gross"])),
    )


def _invitation(told: Told) -> MailText:
    _, facts = told.words.gettext, told.facts
    return MailText(
        subject=_("You are invited to %(marketplace)s", marketplace=facts["marketplace"]),
        paragraphs=(
            _(
                "%(invited_by)s invites you to sign in for %(account)s.",
                invited_by=facts["invited_by"],
                account=facts["account"],
            ),
            _("Choose your password first. Your e-mail address is your sign-in name."),
        ),
        button=_("Choose a password"),
        path=told.link_path,
        note=_link_note(told),
    )


def _password_link(told: Told) -> MailText:
    _, facts = told.words.gettext, told.facts
    return MailText(
        subject=_("A new password for %(marketplace)s", marketplace=facts["marketplace"]),
        paragraphs=(
            _("Somebody, probably you, asked for a new password for this e-mail address."),
            _("If it was not you, you need not do anything: your password stays as it is."),
        ),
        button=_("Choose a password"),
        path=told.link_path,
        note=_link_note(told),
    )


def _link_note(told: Told) -> str:
    return told.words.gettext("The link works once, and for one hour.")


def _password_changed(told: Told) -> MailText:
    _, facts = told.words.gettext, told.facts
    return MailText(
        subject=_("Your password was changed"),
        paragraphs=(
            _("Your password for %(marketplace)s was changed.", marketplace=facts["marketplace"]),
            _("You were signed out everywhere. If it was not you, ask for a new password now."),
        ),
        button=_("Ask for a new password"),
        path="/password/forgotten",
    )


_TEXTS: dict[MailKind, Callable[[Told], MailText]] = {
    MailKind.ORDER_CONFIRMATION: _order_confirmation,
    MailKind.APPROVAL_WANTED: _approval_wanted,
    MailKind.ORDER_DECLINED: _order_declined,
    MailKind.PROVISIONING_FAILED: _provisioning_failed,
    MailKind.EXPIRED: _expired,
    MailKind.INVOICE: _invoice,
    MailKind.CREDIT_NOTE: _credit_note,
    MailKind.INVITATION: _invitation,
    MailKind.PASSWORD_LINK: _password_link,
    MailKind.PASSWORD_CHANGED: _password_changed,
}
