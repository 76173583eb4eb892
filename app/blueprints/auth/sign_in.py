"""Sign in and sign out."""

from flask import Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.auth import bp
from app.blueprints.auth.sign_in_form import SignInForm
from app.services import sign_in as sign_ins
from app.web.brands import brand_of_cookie, keep_brand
from app.web.htmx import render_page
from app.web.next_page import safe_next
from app.web.policy import policy
from app.web.sign_in_limits import limited_attempt
from app.web.viewer import begin_session, end_session, find_signed_in


@bp.get("/login")
@policy(public=True)
def sign_in() -> BaseResponse:
    if find_signed_in():
        return redirect(safe_next(request.args.get("next")) or url_for(".land"), code=303)
    return _page(SignInForm(next=request.args.get("next", "")))


@bp.post("/login")
@policy(public=True)
def check_sign_in() -> BaseResponse:
    form = SignInForm()
    token = limited_attempt(form.email.data or "", lambda: _token_for(form))
    if token is None:
        form.form_errors.append("The email or the password is not right.")
        return _page(form)
    begin_session(token)
    return redirect(safe_next(form.next.data) or url_for(".land"), code=303)


@bp.get("/landing")
@policy(public=True)
def land() -> BaseResponse:
    """To the face of the product that is this person's."""
    signed_in = find_signed_in()
    if signed_in is None:
        return redirect(url_for(".sign_in"), code=303)
    endpoint = "bss.home" if signed_in.viewer.is_staff else "storefront.home"
    return keep_brand(redirect(url_for(endpoint), code=303), signed_in.brand)


@bp.post("/logout")
@policy(public=True)
def sign_out() -> BaseResponse:
    token = end_session()
    if token:
        sign_ins.sign_out(token)
    response = redirect(url_for(".sign_in"), code=303)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _page(form: SignInForm) -> Response:
    g.brand = brand_of_cookie()
    return render_page(
        "auth/sign_in.html",
        partial="auth/_sign_in_form.html",
        form=form,
        status=422 if form.form_errors else 200,
    )


def _token_for(form: SignInForm) -> str | None:
    return sign_ins.sign_in(
        form.email.data or "",
        form.password.data or "",
        address=request.remote_addr,
        browser=request.user_agent.string,
    )
