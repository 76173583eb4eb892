"""Back office: what differs from Microsoft, case by case."""

from uuid import UUID

from flask import Response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.bss import bp
from app.blueprints.bss.reconciliation_forms import AdoptionForm, CaseForm
from app.domain.access import Permission
from app.domain.reconciliation import CaseKind, CaseState
from app.services import reconciliation_desk as desk
from app.services import reconciliation_work as work
from app.services.reconciliation import ask_for_reconciliation
from app.web.forms import BaseForm, show_domain_error_on
from app.web.htmx import render_page
from app.web.notes import leave_note, take_note
from app.web.pagination import read_list
from app.web.policy import policy
from app.web.viewer import current_viewer

_FILTERS = {
    "state": [state.value for state in CaseState],
    "kind": [kind.value for kind in CaseKind],
}
_RUN_NOTE = UUID(int=0)


@bp.get("/reconciliation/")
@policy(read=Permission.VIEW_BSS)
def list_reconciliation_cases() -> Response:
    query = read_list("case-table", sorts=("number",), default_sort="-number", filters=_FILTERS)
    wanted = desk.CaseQuery(
        page=query.page,
        q=query.q,
        state=CaseState(query.choices["state"]) if "state" in query.choices else None,
        kind=CaseKind(query.choices["kind"]) if "kind" in query.choices else None,
        descending=query.descending,
    )
    viewer = current_viewer()
    return render_page(
        "bss/reconciliation/list.html",
        partial="bss/reconciliation/_case_table.html",
        query=query,
        found=desk.list_cases(viewer, wanted),
        last_run=desk.find_last_run(viewer),
        note=take_note(_RUN_NOTE),
        states=list(CaseState),
        kinds=list(CaseKind),
    )


@bp.post("/reconciliation/run")
@policy(write=Permission.PROVISION)
def run_reconciliation() -> BaseResponse:
    ask_for_reconciliation(current_viewer())
    leave_note(_RUN_NOTE, _("It is asked for. This page shows how far the comparison is."))
    return redirect(url_for(".list_reconciliation_cases"), code=303)


@bp.get("/reconciliation/<uuid:case_id>/")
@policy(read=Permission.VIEW_BSS)
def get_reconciliation_case(case_id: UUID) -> Response:
    case = desk.get_case(current_viewer(), case_id)
    return _page(case, CaseForm.of(case), AdoptionForm.of(case))


@bp.post("/reconciliation/<uuid:case_id>/take")
@policy(write=Permission.PROVISION)
def take_reconciliation_case(case_id: UUID) -> BaseResponse:
    work.take_case(current_viewer(), case_id)
    return _back(case_id, _("It is yours now."))


@bp.post("/reconciliation/<uuid:case_id>/")
@policy(write=Permission.PROVISION)
def save_reconciliation_case(case_id: UUID) -> BaseResponse:
    viewer = current_viewer()
    case = desk.get_case(viewer, case_id)
    form = CaseForm.of(case)
    if form.validate_on_submit():
        with show_domain_error_on(form):
            work.save_case(viewer, case_id, **form.wish())
            return _back(case_id, _("Saved."))
    return _page(case, form, AdoptionForm.of(case, sent=False), status=422)


@bp.post("/reconciliation/<uuid:case_id>/adopt")
@policy(write=Permission.PROVISION)
def adopt_reconciliation_case(case_id: UUID) -> BaseResponse:
    viewer = current_viewer()
    case = desk.get_case(viewer, case_id)
    form = AdoptionForm.of(case)
    if form.validate_on_submit():
        with show_domain_error_on(form):
            asset_id = work.adopt(viewer, case_id, form.wish())
            leave_note(asset_id, _("Adopted. Its ids are read from Microsoft now."))
            return redirect(url_for(".get_asset", asset_id=asset_id), code=303)
    return _page(case, CaseForm.of(case, sent=False), form, status=422)


def _back(case_id: UUID, note: str) -> BaseResponse:
    leave_note(case_id, note)
    return redirect(url_for(".get_reconciliation_case", case_id=case_id), code=303)


def _page(
    case: desk.CaseView, form: BaseForm, adoption_form: BaseForm, *, status: int = 200
) -> Response:
    return render_page(
        "bss/reconciliation/case.html",
        partial="bss/reconciliation/_case_view.html",
        case=case,
        form=form,
        adoption_form=adoption_form,
        note=take_note(case.id) if request.method == "GET" else None,
        status=status,
    )
