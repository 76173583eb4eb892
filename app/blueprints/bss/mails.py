"""Back office: mails that were sent, and those that were not."""

from uuid import UUID

from flask import Response, current_app, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as BaseResponse
from wtforms import StringField
from wtforms.validators import AnyOf

from app.blueprints.bss import bp
from app.domain.access import Permission
from app.domain.mail import MailKind, MailState
from app.services import held_mails, mails
from app.services.held_mails import HeldAnswer
from app.web.forms import BaseForm
from app.web.htmx import render_page
from app.web.pagination import ListQuery, read_list
from app.web.policy import policy
from app.web.viewer import current_viewer

_UNSENT = "unsent"
_STATES = [_UNSENT, *(state.value for state in MailState)]
_SETTLED = {
    HeldAnswer.SEND: lambda count: ngettext(
        "%(num)s mail is sent now.", "%(num)s mails are sent now.", count
    ),
    HeldAnswer.DROP: lambda count: ngettext(
        "%(num)s mail is dropped.", "%(num)s mails are dropped.", count
    ),
}


class HeldForm(BaseForm):
    """Two buttons: what happens to all that is held."""

    answer = StringField(
        validators=[AnyOf(list(HeldAnswer), message="Choose whether they are sent or dropped.")]
    )


@bp.get("/mail/")
@policy(read=Permission.VIEW_BSS)
def list_mails() -> Response:
    return _list()


def _list(held_form: HeldForm | None = None, *, status: int = 200) -> Response:
    filters = {"status": _STATES, "kind": [kind.value for kind in MailKind]}
    query = read_list("mail-table", sorts=(), default_sort="-number", filters=filters)
    viewer = current_viewer()
    return render_page(
        "bss/mails/list.html",
        partial="bss/mails/_mail_table.html",
        query=query,
        found=mails.list_mails(viewer, _wanted(query)),
        counts=mails.count_unsent(viewer),
        kinds=list(MailKind),
        states=list(MailState),
        form=BaseForm(),
        held_form=held_form or HeldForm(formdata=None),
        is_set_up=current_app.extensions["mail_room"].post is not None,
        status=status,
    )


@bp.get("/mail/<uuid:mail_id>/")
@policy(read=Permission.VIEW_BSS)
def get_mail(mail_id: UUID) -> Response:
    mail = mails.get_mail(current_viewer(), mail_id, current_app.extensions["mail_room"])
    return make_response(render_template("bss/mails/detail.html", mail=mail, form=BaseForm()))


@bp.post("/mail/<uuid:mail_id>/retry")
@policy(write=Permission.ADMINISTER)
def retry_mail(mail_id: UUID) -> BaseResponse:
    mails.retry_mail(current_viewer(), mail_id)
    flash(_("The mail is tried again now."))
    return redirect(url_for(".get_mail", mail_id=mail_id), code=303)


@bp.post("/mail/retry")
@policy(write=Permission.ADMINISTER)
def retry_mails() -> BaseResponse:
    retried = mails.retry_all_unsent(current_viewer())
    flash(
        ngettext("%(num)s mail is tried again now.", "%(num)s mails are tried again now.", retried)
    )
    return redirect(url_for(".list_mails", status=_UNSENT), code=303)


@bp.post("/mail/<uuid:mail_id>/drop")
@policy(write=Permission.ADMINISTER)
def drop_mail(mail_id: UUID) -> BaseResponse:
    held_mails.drop_mail(current_viewer(), mail_id)
    flash(_("The mail is dropped."))
    return redirect(url_for(".get_mail", mail_id=mail_id), code=303)


@bp.post("/mail/held")
@policy(write=Permission.ADMINISTER)
def settle_held_mails() -> BaseResponse:
    form = HeldForm()
    if not form.validate_on_submit():
        return _list(form, status=422)
    answer = HeldAnswer(str(form.answer.data))
    flash(_SETTLED[answer](held_mails.settle_held(current_viewer(), answer)))
    return redirect(url_for(".list_mails"), code=303)


def _wanted(query: ListQuery) -> mails.MailQuery:
    status, kind = query.choices.get("status"), query.choices.get("kind")
    states = mails.UNSENT if status == _UNSENT else [MailState(status)] if status else ()
    return mails.MailQuery(
        q=query.q, states=states, kind=MailKind(kind) if kind else None, page=query.page
    )
