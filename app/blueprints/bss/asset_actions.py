"""Back office: what else is done with one asset: read it again, buy it again, give it up."""

from typing import Self
from uuid import UUID

from flask import Response, current_app, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse
from wtforms import IntegerField, TextAreaField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import HiddenInput

from app.blueprints.bss import bp
from app.domain.access import Permission
from app.services.asset_refresh import ask_for_refresh
from app.services.giving_up import GivingUp, get_giving_up, give_up
from app.web.forms import BaseForm, show_domain_error_on
from app.web.htmx import render_page
from app.web.notes import leave_note
from app.web.ordering.again import submit_asset_again
from app.web.policy import policy
from app.web.viewer import current_viewer


class GiveUpForm(BaseForm):
    version = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    reason = TextAreaField(
        "Reason",
        validators=[InputRequired("Say why, the customer reads it."), Length(max=500)],
    )

    @classmethod
    def of(cls, asked: GivingUp) -> Self:
        form = cls()
        if form.version.data is None:
            form.version.data = asked.version
        return form


@bp.post("/billing/assets/<uuid:asset_id>/refresh")
@policy(write=Permission.PROVISION)
def refresh_asset(asset_id: UUID) -> BaseResponse:
    ask_for_refresh(current_viewer(), asset_id)
    leave_note(asset_id, _("Microsoft is asked now, and this page follows it. Nothing is bought."))
    return redirect(url_for(".get_asset", asset_id=asset_id), code=303)


@bp.post("/billing/assets/<uuid:asset_id>/buy-again")
@policy(write=Permission.PROVISION)
def buy_asset_again(asset_id: UUID) -> BaseResponse:
    return submit_asset_again(asset_id)


@bp.get("/billing/assets/<uuid:asset_id>/give-up")
@policy(read=Permission.PROVISION)
def give_up_asset(asset_id: UUID) -> Response:
    asked = get_giving_up(current_viewer(), asset_id)
    return _page(GiveUpForm.of(asked), asked)


@bp.post("/billing/assets/<uuid:asset_id>/give-up")
@policy(write=Permission.PROVISION)
def submit_giving_up(asset_id: UUID) -> BaseResponse:
    viewer = current_viewer()
    asked = get_giving_up(viewer, asset_id)
    form = GiveUpForm.of(asked)
    if form.validate_on_submit():
        with show_domain_error_on(form):
            give_up(
                viewer,
                asset_id,
                version=form.version.data or 0,
                reason=form.reason.data or "",
                partner_center=current_app.extensions["purchase_driver"].partner_center,
            )
            leave_note(asset_id, _("Cancelled: nothing was bought."))
            return redirect(url_for(".get_asset", asset_id=asset_id), code=303)
    return _page(form, asked, status=422)


def _page(form: GiveUpForm, asked: GivingUp, *, status: int = 200) -> Response:
    return render_page(
        "bss/assets/give_up.html",
        partial="bss/assets/_give_up_form.html",
        form=form,
        asked=asked,
        status=status,
    )
