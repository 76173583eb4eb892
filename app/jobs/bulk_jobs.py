"""What the worker calls: a slice of a bulk job."""

from uuid import UUID

from flask import current_app

from app.services import bulk_work


def work_on_bulk_job(job_id: str) -> None:
    """The payload is one id. Anything else, or the id of nothing, does nothing."""
    try:
        known_id = UUID(job_id)
    except (ValueError, AttributeError, TypeError):
        return
    bulk_work.work(known_id, driver=current_app.extensions["purchase_driver"])
