"""Back office: edit an asset. Saving a failed one sends it to Microsoft again."""

from uuid import UUID

from flask import Response, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.bss import bp
from app.blueprints.bss.asset_form import AssetForm
from app.domain.access import Permission
from app.domain.sentences import said
from app.services.asset_editing import SaveEffect
from app.services.asset_form import (
    AssetToEdit,
    EditConflict,
    get_asset_to_edit,
    save_or_compare,
)
from app.web.forms import show_domain_error_on
from app.web.htmx import render_page
from app.web.notes import leave_note
from app.web.policy import policy
from app.web.viewer import current_viewer

_NOTES = {
    SaveEffect.SAVED: said("Saved."),
    SaveEffect.TRIES_AGAIN: said("Saved. Microsoft is asked now, and this page follows it."),
    SaveEffect.READS_MISSING_ID: (
        said("Saved. Microsoft is asked for what is still missing here. Nothing is bought.")
    ),
    SaveEffect.CHECKS_WITH_MICROSOFT: (
        said("Saved. Microsoft is asked again whether it was bought. Nothing is bought twice.")
    ),
}


@bp.get("/billing/assets/<uuid:asset_id>/edit")
@policy(read=Permission.EDIT_ASSETS)
def edit_asset(asset_id: UUID) -> Response:
    shown = get_asset_to_edit(current_viewer(), asset_id)
    return _page(AssetForm(shown), shown)


@bp.post("/billing/assets/<uuid:asset_id>/edit")
@policy(write=Permission.EDIT_ASSETS)
def save_asset(asset_id: UUID) -> BaseResponse:
    viewer = current_viewer()
    shown = get_asset_to_edit(viewer, asset_id)
    form = AssetForm(shown)
    if form.validate_on_submit():
        with show_domain_error_on(form):
            outcome = save_or_compare(viewer, asset_id, form.edit())
            if isinstance(outcome, EditConflict):
                form.continue_from(outcome.form.asset.version)
                return _page(form, outcome.form, conflict=outcome, status=409)
            leave_note(asset_id, _NOTES[outcome])
            return redirect(url_for(".get_asset", asset_id=asset_id), code=303)
    return _page(form, shown, status=422)


def _page(
    form: AssetForm,
    shown: AssetToEdit,
    *,
    conflict: EditConflict | None = None,
    status: int = 200,
) -> Response:
    return render_page(
        "bss/assets/edit.html",
        partial="bss/assets/_asset_form.html",
        form=form,
        shown=shown,
        asset=shown.asset,
        conflict=conflict,
        status=status,
    )
