"""Back office: the provisioning desk."""

from uuid import UUID

from flask import Response, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.bss import bp
from app.blueprints.bss.provisioning_forms import (
    AccountLimitForm,
    AnswerForm,
    GroupForm,
    LimitsForm,
    ReasonForm,
    ResendingForm,
)
from app.domain.access import Permission
from app.domain.sentences import said
from app.services import approvals, group_retry, provisioning_switch, spend_limits
from app.services.provisioning_desk import get_desk
from app.web.forms import BaseForm, show_domain_error_on
from app.web.htmx import render_page
from app.web.policy import policy
from app.web.viewer import current_viewer

_RESUMED = {
    provisioning_switch.ResumeOutcome.RESUMED: said("Provisioning goes on."),
    provisioning_switch.ResumeOutcome.SECOND_PERSON_NEEDED: (
        said("Noted. Another administrator must agree before provisioning goes on.")
    ),
}
_APPROVED = {
    approvals.ApprovalOutcome.FIRST_OF_TWO: said("Noted. A second person must approve it, too."),
    approvals.ApprovalOutcome.APPROVED: said("Approved. It goes on now."),
}


@bp.get("/provisioning/")
@policy(read=Permission.VIEW_BSS)
def provisioning() -> Response:
    return _desk()


@bp.post("/provisioning/pause")
@policy(write=Permission.ADMINISTER)
def pause_provisioning() -> BaseResponse:
    form = ReasonForm(prefix="switch")
    if form.validate_on_submit():
        provisioning_switch.pause(current_viewer(), form.reason.data or "")
        return _back(_("Provisioning is paused. Orders wait; nothing is lost."))
    return _desk(switch=form)


@bp.post("/provisioning/resume")
@policy(write=Permission.ADMINISTER)
def resume_provisioning() -> BaseResponse:
    form = ReasonForm(prefix="switch")
    if form.validate_on_submit():
        with show_domain_error_on(form):
            return _back(
                _RESUMED[provisioning_switch.resume(current_viewer(), form.reason.data or "")]
            )
    return _desk(switch=form)


@bp.post("/provisioning/resending")
@policy(write=Permission.ADMINISTER)
def set_resending() -> BaseResponse:
    form = ResendingForm(prefix="resending")
    if form.validate_on_submit():
        provisioning_switch.set_resending(
            current_viewer(), resends=form.resends.data, reason=form.reason.data or ""
        )
        return _back(_("Saved."))
    return _desk(resending=form)


@bp.post("/provisioning/limits")
@policy(write=Permission.ADMINISTER)
def set_spend_limits() -> BaseResponse:
    form = LimitsForm(prefix="limits")
    if form.validate_on_submit():
        with show_domain_error_on(form):
            spend_limits.set_limits(current_viewer(), form.limits())
            return _back(_("The limits hold from now on."))
    return _desk(limits=form)


@bp.get("/provisioning/accounts/<uuid:account_id>/limit")
@policy(read=Permission.ADMINISTER)
def edit_account_limit(account_id: UUID) -> Response:
    limit = spend_limits.get_account_limit(current_viewer(), account_id)
    return _account_limit(limit, AccountLimitForm(data={"amount": limit.amount}))


@bp.post("/provisioning/accounts/<uuid:account_id>/limit")
@policy(write=Permission.ADMINISTER)
def set_account_limit(account_id: UUID) -> BaseResponse:
    viewer = current_viewer()
    limit = spend_limits.get_account_limit(viewer, account_id)
    form = AccountLimitForm()
    if form.validate_on_submit():
        spend_limits.set_account_limit(viewer, account_id, form.amount.data)
        return _back(_("The account's limit holds from now on."))
    return _account_limit(limit, form, status=422)


@bp.post("/provisioning/retry")
@policy(write=Permission.PROVISION)
def retry_failed_group() -> BaseResponse:
    form = GroupForm()
    if form.validate_on_submit():
        count = group_retry.retry_group(current_viewer(), form.code.data or None)
        return _back(_("Tried again, one after the other: %(count)s.", count=count))
    return _desk(group=form)


@bp.post("/provisioning/assets/<uuid:asset_id>/approve")
@policy(write=Permission.PROVISION)
def approve_purchase(asset_id: UUID) -> BaseResponse:
    form = AnswerForm()
    if form.validate_on_submit():
        return _back(_APPROVED[approvals.approve(current_viewer(), asset_id)])
    return _desk(answer=form)


@bp.post("/provisioning/assets/<uuid:asset_id>/decline")
@policy(write=Permission.PROVISION)
def decline_purchase(asset_id: UUID) -> BaseResponse:
    viewer = current_viewer()
    approvals.check_is_there(viewer, asset_id)
    form = AnswerForm()
    if form.validate_on_submit():
        with show_domain_error_on(form):
            approvals.decline(viewer, asset_id, form.reason.data or "")
            return _back(_("Declined. The asset shows the reason."))
    return _desk(answer=form)


def _back(message: str) -> BaseResponse:
    flash(message)
    return redirect(url_for(".provisioning"), code=303)


def _desk(**wrong: BaseForm) -> Response:
    """The desk with fresh forms, but for the one that was filled in wrongly."""
    viewer = current_viewer()
    desk = get_desk(viewer)
    limits = spend_limits.get_limits(viewer)
    resends = {"resends": desk.provisioning.resends_checkout}
    forms = {
        "switch": ReasonForm(prefix="switch", formdata=None),
        "resending": ResendingForm(prefix="resending", formdata=None, data=resends),
        "limits": LimitsForm(prefix="limits", formdata=None, obj=limits),
        "group": GroupForm(formdata=None),
        "answer": AnswerForm(formdata=None),
    }
    return render_page(
        "bss/provisioning/desk.html",
        partial="bss/provisioning/_provisioning_now.html",
        desk=desk,
        limits=limits,
        account_limits=spend_limits.list_account_limits(viewer),
        forms=forms | wrong,
        status=422 if wrong else 200,
    )


def _account_limit(
    limit: spend_limits.AccountLimit, form: AccountLimitForm, *, status: int = 200
) -> Response:
    return render_page(
        "bss/provisioning/account_limit.html",
        partial="bss/provisioning/_account_limit_form.html",
        limit=limit,
        form=form,
        status=status,
    )
