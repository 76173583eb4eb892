"""Back office: accounts, and one of them."""

from uuid import UUID

from flask import Response, make_response, render_template

from app.blueprints.bss import bp
from app.blueprints.bss.owner_filter import owner_of, with_owners
from app.domain.access import AccountKind, Permission
from app.services import accounts
from app.web.htmx import render_page
from app.web.pagination import read_list
from app.web.policy import policy
from app.web.viewer import current_viewer

_KINDS = [kind for kind in AccountKind if kind is not AccountKind.DISTRIBUTOR]
_FILTERS = {"kind": [kind.value for kind in _KINDS]}


@bp.get("/accounts/")
@policy(read=Permission.VIEW_BSS)
def list_accounts() -> Response:
    query = with_owners(
        read_list("account-table", sorts=accounts.SORTS, default_sort="name", filters=_FILTERS),
        ("reseller",),
    )
    wanted = accounts.AccountQuery(
        page=query.page,
        q=query.q,
        kind=AccountKind(query.choices["kind"]) if "kind" in query.choices else None,
        reseller_id=owner_of(query, "reseller"),
        sort=query.sort,
        descending=query.descending,
    )
    return render_page(
        "bss/accounts/list.html",
        partial="bss/accounts/_account_table.html",
        query=query,
        found=accounts.list_accounts(current_viewer(), wanted),
        kinds=_KINDS,
    )


@bp.get("/accounts/<uuid:account_id>/")
@policy(read=Permission.VIEW_BSS)
def get_account(account_id: UUID) -> Response:
    account = accounts.get_account(current_viewer(), account_id)
    return make_response(render_template("bss/accounts/detail.html", account=account))
