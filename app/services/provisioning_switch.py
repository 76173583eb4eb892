"""Pause and resume all buying. After a restore it takes a reconciliation and two people."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import reading, transaction
from app.domain.access import SYSTEM_SCOPE, Permission, Viewer
from app.domain.audit import AuditEvent
from app.domain.errors import ConflictError, InvalidError, NotAllowedError
from app.models import Control, ControlEvent
from app.services.audit import audit
from app.services.control import (
    PROVISIONING,
    RESTORED,
    distrust_what_was_told,
    lock_control,
    record_switch,
    remember_database,
)

_LONGEST_REASON = 500


class ResumeOutcome(StrEnum):
    RESUMED = "resumed"
    SECOND_PERSON_NEEDED = "second_person_needed"


@dataclass(frozen=True, kw_only=True)
class Provisioning:
    """How the switch stands, for pages. `is_restored`: off until reconciled, by two people."""

    is_on: bool
    reason: str
    switched_by: str
    switched_at: dt.datetime | None
    is_restored: bool
    is_reconciled: bool  # since the restore
    resume_asked_by: str | None
    may_be_resumed_by_me: bool
    min_epoch: int
    resends_checkout: bool


def get_provisioning(viewer: Viewer) -> Provisioning:
    control = reading(viewer.scope).scalars(sa.select(Control)).one()
    is_second = control.resume_asker_id not in {None, viewer.user_id}
    is_free = control.restored_at is None or (
        _is_reconciled(control) and (control.resume_asker_id is None or is_second)
    )
    return Provisioning(
        is_on=control.provisioning_enabled,
        reason=control.reason,
        switched_by=control.switched_by,
        switched_at=control.switched_at,
        is_restored=control.restored_at is not None,
        is_reconciled=_is_reconciled(control),
        resume_asked_by=control.resume_asked_by,
        may_be_resumed_by_me=viewer.may(Permission.ADMINISTER) and is_free,
        min_epoch=control.min_epoch,
        resends_checkout=control.resends_checkout,
    )


def _is_reconciled(control: Control) -> bool:
    """Whether a whole reconciliation ended since the restore was found."""
    if control.restored_at is None:
        return True
    return control.reconciled_at is not None and control.reconciled_at > control.restored_at


def pause(viewer: Viewer, reason: str) -> None:
    """Nothing more is sent to Microsoft once this returns; what waits goes on waiting."""
    _check_may_switch(viewer)
    switch_off(viewer.name, _checked(reason))


def switch_off(actor: str, reason: str) -> None:
    """The kill switch itself, for people and for whoever finds a double purchase."""
    with transaction(SYSTEM_SCOPE) as session:
        control = lock_control(session)
        control.provisioning_enabled = False
        record_switch(session, control, event="paused", actor=actor, reason=reason)


def declare_restored(actor: str, reason: str = RESTORED) -> None:
    """For a restore that PostgreSQL itself cannot tell, such as that of a whole disk."""
    with transaction(SYSTEM_SCOPE) as session:
        control = lock_control(session)
        control.provisioning_enabled = False
        control.restored_at = sa.func.now()
        distrust_what_was_told(control)
        record_switch(session, control, event="restored", actor=actor, reason=reason)


def resume(viewer: Viewer, reason: str) -> ResumeOutcome:
    """Switch buying on again. After a restore the first person asks and another one does it.

    Raises ConflictError while it cannot be: on already, not reconciled, or the same person twice.
    """
    _check_may_switch(viewer)
    reason = _checked(reason)
    with transaction(viewer.scope) as session:
        control = lock_control(session)
        if control.provisioning_enabled and control.restored_at is None:
            raise ConflictError("Provisioning is on already.")
        if control.restored_at is not None and not _has_second_person(session, control, viewer):
            session.add(ControlEvent(event="resume_asked", actor=viewer.name, reason=reason))
            asked = AuditEvent.PROVISIONING_RESUME_ASKED
            audit(session, viewer, asked, PROVISIONING, reason=reason)
            return ResumeOutcome.SECOND_PERSON_NEEDED
        if control.restored_at is not None:
            remember_database(control)
        control.restored_at = None
        control.provisioning_enabled = True
        record_switch(session, control, event="resumed", actor=viewer.name, reason=reason)
        return ResumeOutcome.RESUMED


def _has_second_person(session: Session, control: Control, viewer: Viewer) -> bool:
    if not _is_reconciled(control):
        raise ConflictError(
            "The database was restored. Reconcile all customers with Microsoft first;"
            " then two people switch provisioning on."
        )
    if control.resume_asker_id == viewer.user_id:
        raise ConflictError("You asked for it yourself: another administrator must agree.")
    if control.resume_asker_id is not None:
        return True
    control.resume_asked_by = viewer.name
    control.resume_asker_id = viewer.user_id
    control.resume_asked_at = sa.func.now()
    session.flush()
    return False


def set_resending(viewer: Viewer, *, resends: bool, reason: str) -> None:
    """Whether a checkout that was never answered may be sent again with the same cart."""
    _check_may_switch(viewer)
    reason = _checked(reason)
    with transaction(viewer.scope) as session:
        control = lock_control(session)
        change = ({"resends_checkout": control.resends_checkout}, {"resends_checkout": resends})
        changed = AuditEvent.RESENDING_CHANGED
        audit(session, viewer, changed, PROVISIONING, change=change, reason=reason)
        control.resends_checkout = resends
        event = "resends" if resends else "parks"
        session.add(ControlEvent(event=event, actor=viewer.name, reason=reason))


def bump_epoch(actor: str, epoch: int | None = None) -> int:
    """Let workers and dispatchers below this epoch claim nothing more; returns it. Never lower."""
    with transaction(SYSTEM_SCOPE) as session:
        control = lock_control(session)
        wanted = control.min_epoch + 1 if epoch is None else epoch
        if wanted < control.min_epoch:
            raise ConflictError(
                "The epoch is %(min_epoch)s already; it never goes back.",
                min_epoch=control.min_epoch,
            )
        change = ({"min_epoch": control.min_epoch}, {"min_epoch": wanted})
        audit(session, actor, AuditEvent.EPOCH_RAISED, PROVISIONING, change=change)
        control.min_epoch = wanted
        session.add(ControlEvent(event="epoch", actor=actor, detail={"min_epoch": wanted}))
        return wanted


def _check_may_switch(viewer: Viewer) -> None:
    if not viewer.may(Permission.ADMINISTER):
        raise NotAllowedError("Only administrators switch provisioning.")


def _checked(reason: str) -> str:
    if not reason.strip():
        raise InvalidError("Say why, for those who come after you.", field="reason")
    return reason.strip()[:_LONGEST_REASON]
