"""Back office: one action on many assets, as a job that is watched, stopped and goes on."""

from uuid import UUID

from flask import Response, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.blueprints.bss import bp
from app.blueprints.bss.bulk_form import BulkForm, list_filters, takes_all, ticked
from app.domain.access import Permission
from app.domain.bulk import BulkItemState
from app.domain.errors import InvalidError
from app.services import bulk_jobs
from app.web.forms import show_domain_error_on
from app.web.htmx import render_page
from app.web.pagination import read_list
from app.web.policy import policy
from app.web.viewer import current_viewer


@bp.post("/billing/assets/bulk")
@policy(write=Permission.EDIT_ASSETS)
def review_bulk() -> Response:
    """What would happen to how many; nothing does yet."""
    form, count = BulkForm(), 0
    if form.validate_on_submit():
        with show_domain_error_on(form):
            count = _count(form)
            return _review(form, count, 200)
    return _review(form, count, 422)


@bp.post("/billing/assets/bulk/start")
@policy(write=Permission.EDIT_ASSETS)
def start_bulk() -> BaseResponse:
    form = BulkForm()
    if form.validate_on_submit():
        with show_domain_error_on(form):
            job_id = bulk_jobs.start_bulk_job(current_viewer(), form.order())
            return redirect(url_for(".get_bulk_job", job_id=job_id), code=303)
    return _review(form, 0, 422)


def _count(form: BulkForm) -> int:
    count = bulk_jobs.count_chosen(current_viewer(), form.order())
    if not count:
        raise InvalidError("Tick at least one asset, or choose all that match.")
    return count


def _review(form: BulkForm, count: int, status: int) -> Response:
    return render_page(
        "bss/bulk/review.html",
        partial="bss/bulk/review.html",
        form=form,
        count=count,
        takes_all=takes_all(),
        ticked=ticked(),
        start_url=url_for(".start_bulk", **list_filters()),
        assets_url=url_for(".list_assets", **list_filters()),
        status=status,
    )


@bp.get("/bulk-jobs/")
@policy(read=Permission.VIEW_BSS)
def list_bulk_jobs() -> Response:
    return render_page(
        "bss/bulk/list.html",
        partial="bss/bulk/_bulk_job_table.html",
        jobs=bulk_jobs.list_bulk_jobs(current_viewer()),
    )


@bp.get("/bulk-jobs/<uuid:job_id>/")
@policy(read=Permission.VIEW_BSS)
def get_bulk_job(job_id: UUID) -> Response:
    viewer = current_viewer()
    states = {"result": [str(state) for state in BulkItemState]}
    query = read_list("bulk-job", sorts=(), default_sort="position", filters=states)
    chosen = query.choices.get("result")
    state = BulkItemState(chosen) if chosen else None
    job = bulk_jobs.get_bulk_job(viewer, job_id)
    return render_page(
        "bss/bulk/detail.html",
        partial="bss/bulk/_bulk_job.html",
        job=job,
        query=query,
        results=bulk_jobs.list_results(viewer, job, wanted=query.page, state=state),
        form=BulkForm(formdata=None),
    )


@bp.post("/bulk-jobs/<uuid:job_id>/stop")
@policy(write=Permission.EDIT_ASSETS)
def stop_bulk_job(job_id: UUID) -> BaseResponse:
    bulk_jobs.stop_bulk_job(current_viewer(), job_id)
    return redirect(url_for(".get_bulk_job", job_id=job_id), code=303)


@bp.post("/bulk-jobs/<uuid:job_id>/continue")
@policy(write=Permission.EDIT_ASSETS)
def continue_bulk_job(job_id: UUID) -> BaseResponse:
    bulk_jobs.continue_bulk_job(current_viewer(), job_id)
    return redirect(url_for(".get_bulk_job", job_id=job_id), code=303)
