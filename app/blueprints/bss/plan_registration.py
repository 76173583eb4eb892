"""Back office: whether an Azure plan is registered for reservations at Microsoft."""

from uuid import UUID

from flask import Response, current_app, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.bss import bp
from app.domain.access import Permission
from app.services import plan_registration
from app.services.ports import PartnerCenter
from app.web.forms import BaseForm, show_domain_error_on
from app.web.htmx import render_page
from app.web.policy import policy
from app.web.viewer import current_viewer

_URL = "/billing/subscriptions/<uuid:subscription_id>/registration"


class RegisterForm(BaseForm):
    """Nothing but its CSRF field."""


@bp.get(_URL)
@policy(read=Permission.VIEW_BSS)
def get_registration(subscription_id: UUID) -> Response:
    """Microsoft is asked when somebody wants to know, never by the plan's page itself."""
    return _page(subscription_id, RegisterForm(formdata=None))


@bp.post(_URL)
@policy(write=Permission.PROVISION)
def register_plan(subscription_id: UUID) -> BaseResponse:
    form = RegisterForm()
    if form.validate_on_submit():
        with show_domain_error_on(form):
            plan_registration.register_plan(
                current_viewer(), subscription_id, partner_center=_partner_center()
            )
            return redirect(url_for(".get_registration", subscription_id=subscription_id), code=303)
    return _page(subscription_id, form, status=422)


def _page(subscription_id: UUID, form: RegisterForm, status: int = 200) -> Response:
    registration = plan_registration.get_registration(
        current_viewer(), subscription_id, partner_center=_partner_center()
    )
    return render_page(
        "bss/subscriptions/registration.html",
        partial="bss/subscriptions/_plan_registration.html",
        status=status,
        subscription_id=subscription_id,
        registration=registration,
        form=form,
    )


def _partner_center() -> PartnerCenter:
    center: PartnerCenter = current_app.extensions["purchase_driver"].partner_center
    return center
