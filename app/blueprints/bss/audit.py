"""Back office: the audit log, as a list, as a file, and whether its chain is whole."""

from dataclasses import replace
from typing import Any

from flask import Response, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.bss import bp
from app.domain.access import Permission
from app.domain.audit import GROUPS, AuditEvent
from app.services import audit_chain, audit_log
from app.web.forms import BaseForm
from app.web.htmx import render_page
from app.web.invoices import as_day, with_days
from app.web.list_file import FORMATS, Column, Kind, ListFile, list_file, wanted_format
from app.web.pagination import ListQuery, read_list
from app.web.policy import policy
from app.web.viewer import current_viewer

_COLUMNS = (
    Column("Number", Kind.NUMBER),
    Column("When (UTC)", Kind.INSTANT),
    Column("Event"),
    Column("Who"),
    Column("E-mail"),
    Column("Object"),
    Column("Name"),
    Column("Object ID"),
    Column("Account ID"),
    Column("Changes"),
    Column("Reason"),
    Column("Hash"),
)
# The detail page an object has, and how its view names the id.
_PAGES = {
    "account": ("bss.get_account", "account_id"),
    "asset": ("bss.get_asset", "asset_id"),
    "order": ("bss.get_order", "order_id"),
    "invoice": ("bss.get_invoice", "invoice_id"),
    "user": ("bss.get_user", "user_id"),
    "product": ("bss.get_product", "product_id"),
    "price list": ("bss.get_price_list", "price_list_id"),
}


@bp.get("/audit/")
@policy(read=Permission.VIEW_AUDIT)
def list_audit_events() -> Response:
    query = _read()
    viewer = current_viewer()
    wanted = _wanted(query)
    if chosen := wanted_format():
        rows = (_cells(row) for row in audit_log.export_entries(viewer, wanted))
        return list_file(ListFile(name="audit-log", columns=_COLUMNS, rows=rows), chosen)
    return render_page(
        "bss/audit/list.html",
        partial="bss/audit/_audit_table.html",
        query=query,
        found=audit_log.list_entries(viewer, wanted),
        groups=GROUPS,
        chain=audit_chain.get_chain(viewer),
        page_of=_page_of,
        form=BaseForm(formdata=None),
    )


@bp.post("/audit/check")
@policy(write=Permission.VIEW_AUDIT)
def check_audit_chain() -> BaseResponse:
    chain = audit_chain.check_chain_for(current_viewer())
    flash(_("The chain is whole.") if chain.is_whole else _("The chain is broken."))
    return redirect(url_for(".list_audit_events"), code=303)


def _read() -> ListQuery:
    filters = {
        "what": GROUPS,
        "event": [event.value for event in AuditEvent],
        "format": FORMATS,
    }
    query = read_list("audit-table", sorts=(), default_sort="-number", filters=filters)
    choices = {name: value for name, value in query.choices.items() if name != "format"}
    return with_days(replace(query, choices=choices))


def _wanted(query: ListQuery) -> audit_log.AuditQuery:
    choices = query.choices
    return audit_log.AuditQuery(
        q=query.q,
        group=choices.get("what"),
        event=AuditEvent(choices["event"]) if "event" in choices else None,
        since=as_day(choices.get("from", "")),
        until=as_day(choices.get("to", "")),
        page=query.page,
    )


def _page_of(row: audit_log.AuditRow) -> str | None:
    """Where the object is looked at; it may be gone since."""
    if row.object_id is None or row.object_kind not in _PAGES:
        return None
    endpoint, name = _PAGES[row.object_kind]
    values: dict[str, Any] = {name: row.object_id}
    return url_for(endpoint, **values)


def _cells(row: audit_log.AuditRow) -> list[object]:
    changes = "; ".join(
        f"{change.name}: {change.before or '–'} → {change.after or '–'}"  # noqa: RUF001
        for change in row.changes
    )
    return [
        row.number,
        row.at,
        row.label,
        row.actor,
        row.actor_email,
        row.object_kind,
        row.object_name,
        str(row.object_id or ""),
        str(row.about_account_id or ""),
        changes,
        row.reason,
        row.hash,
    ]
