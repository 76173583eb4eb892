"""Back office: what an account has, as short views under the mouse and as sections of its page."""

from typing import Any
from uuid import UUID

from flask import Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.bss import bp
from app.domain.access import Permission
from app.services import account_assets
from app.services.account_editing import list_account_events
from app.services.account_parts import (
    ROWS_OF_ABSTRACT,
    ROWS_OF_SECTION,
    AccountPart,
    get_account_part,
)
from app.web.htmx import render_page, wants_partial
from app.web.policy import policy
from app.web.viewer import current_viewer

_ABSTRACT_SECONDS = 30
_CONTACTS, _ORDERS = {"part": AccountPart.CONTACTS}, {"part": AccountPart.ORDERS}
_PLANS, _INVOICES = {"part": AccountPart.SUBSCRIPTIONS}, {"part": AccountPart.INVOICES}
_USERS, _CUSTOMERS = {"part": AccountPart.USERS}, {"part": AccountPart.CUSTOMERS}


@bp.get("/accounts/<uuid:account_id>/assets/abstract")
@policy(read=Permission.VIEW_BSS)
def account_assets_abstract(account_id: UUID) -> BaseResponse:
    """What the mouse-over of "Assets" shows; a page of its own for whoever opens the address."""
    return _abstract(
        "bss/accounts/assets_abstract.html",
        partial="bss/accounts/_assets_abstract.html",
        abstract=account_assets.get_assets_abstract(current_viewer(), account_id),
    )


@bp.get("/accounts/<uuid:account_id>/contacts/abstract", defaults=_CONTACTS)
@bp.get("/accounts/<uuid:account_id>/orders/abstract", defaults=_ORDERS)
@bp.get("/accounts/<uuid:account_id>/subscriptions/abstract", defaults=_PLANS)
@bp.get("/accounts/<uuid:account_id>/invoices/abstract", defaults=_INVOICES)
@bp.get("/accounts/<uuid:account_id>/users/abstract", defaults=_USERS)
@bp.get("/accounts/<uuid:account_id>/customers/abstract", defaults=_CUSTOMERS)
@policy(read=Permission.VIEW_BSS)
def account_part_abstract(account_id: UUID, part: AccountPart) -> BaseResponse:
    """The same of everything else that the shortcut menu counts."""
    return _abstract(
        "bss/accounts/part_abstract.html",
        partial="bss/accounts/_part_abstract.html",
        shown=get_account_part(current_viewer(), account_id, part, limit=ROWS_OF_ABSTRACT),
    )


@bp.get("/accounts/<uuid:account_id>/assets/newest")
@policy(read=Permission.VIEW_BSS)
def account_newest_assets(account_id: UUID) -> Response:
    """The section Assets, once it comes into view."""
    return render_page(
        "bss/accounts/assets_section.html",
        partial="bss/accounts/_assets_section.html",
        shown=account_assets.get_assets_section(current_viewer(), account_id),
    )


@bp.get("/accounts/<uuid:account_id>/orders/newest", defaults=_ORDERS)
@bp.get("/accounts/<uuid:account_id>/invoices/newest", defaults=_INVOICES)
@bp.get("/accounts/<uuid:account_id>/users/newest", defaults=_USERS)
@bp.get("/accounts/<uuid:account_id>/contacts/newest", defaults=_CONTACTS)
@policy(read=Permission.VIEW_BSS)
def account_part_section(account_id: UUID, part: AccountPart) -> Response:
    return render_page(
        "bss/accounts/part_section.html",
        partial="bss/accounts/_part_section.html",
        shown=get_account_part(current_viewer(), account_id, part, limit=ROWS_OF_SECTION),
    )


@bp.get("/accounts/<uuid:account_id>/history")
@policy(read=Permission.VIEW_BSS)
def account_history(account_id: UUID) -> Response:
    """What staff changed of the account."""
    viewer = current_viewer()
    return render_page(
        "bss/accounts/history.html",
        partial="bss/accounts/_account_history.html",
        account=account_assets.get_account_name(viewer, account_id),
        events=list_account_events(viewer, account_id),
    )


def _abstract(page: str, *, partial: str, **context: Any) -> BaseResponse:
    response = render_page(page, partial=partial, **context)
    if not wants_partial():
        return response
    response.cache_control.private = True
    response.cache_control.max_age = _ABSTRACT_SECONDS
    response.add_etag()
    return response.make_conditional(request)
