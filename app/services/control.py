"""Whether anything may be bought: the switch, the epoch, and which PostgreSQL this is."""

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from app.database import transaction
from app.domain.access import SYSTEM_SCOPE
from app.domain.audit import AuditEvent
from app.models import Control, ControlEvent
from app.services.audit import Subject, audit

log = structlog.get_logger()

SYSTEM = "Entrepot"
PROVISIONING = Subject(kind="provisioning", name="Provisioning")
_SWITCHES = {
    "paused": AuditEvent.PROVISIONING_PAUSED,
    "resumed": AuditEvent.PROVISIONING_RESUMED,
    "restored": AuditEvent.DATABASE_RESTORED,
}
RESTORED = "The database was restored: what Microsoft sold since is not in it."

# Another cluster, another history of the same one, or a database that was made anew in it. WAL
# names its timeline at once; pg_control_checkpoint() only after the next checkpoint.
_SYSTEM_IDENTIFIER = sa.text("(SELECT system_identifier::text FROM pg_control_system())")
_TIMELINE = sa.text("('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int")
_DATABASE = sa.text("(SELECT oid::bigint FROM pg_database WHERE datname = current_database())")
_THIS_DATABASE = sa.text(f"concat_ws('/', {_SYSTEM_IDENTIFIER}, {_TIMELINE}, {_DATABASE})")
_IN_NONE = ""


def may_provision(epoch: int) -> sa.ColumnElement[bool]:
    """Part of a claim: provisioning is on, for this epoch, in the database it was switched on in.

    A database that was never asked (no identifier yet) is taken as it is.
    """
    return sa.exists().where(
        Control.provisioning_enabled, Control.min_epoch <= epoch, is_same_database()
    )


def is_same_database() -> sa.ColumnElement[bool]:
    """Whether this is the database that purchases are made from, or none is known yet."""
    return sa.or_(
        Control.system_identifier.is_(None),
        sa.and_(
            Control.system_identifier == _SYSTEM_IDENTIFIER,
            Control.timeline_id == _TIMELINE,
            sa.or_(Control.database_oid.is_(None), Control.database_oid == _DATABASE),
        ),
    )


def numbers_are_sure() -> sa.ColumnElement[bool]:
    """Whether the last invoice number in this database is the last that was given out.

    Not after a restore: until people confirm it, and so before anybody noticed, too.
    """
    known = sa.func.coalesce(Control.numbers_database, _THIS_DATABASE)
    return sa.exists().where(known == _THIS_DATABASE)


def mails_are_sure() -> sa.ColumnElement[bool]:
    """Whether what waits to be sent in this database was not sent already.

    Not after a restore: until the postman has held what the backup brought along.
    """
    known = sa.func.coalesce(Control.mails_database, _THIS_DATABASE)
    return sa.exists().where(known == _THIS_DATABASE)


def trust_mails(control: Control) -> None:
    """From now on this is the database that mails are sent from."""
    control.mails_database = _THIS_DATABASE  # type: ignore[assignment]  # SQL


def trust_numbers(control: Control) -> None:
    """From now on this is the database that invoices are numbered in."""
    control.numbers_database = _THIS_DATABASE  # type: ignore[assignment]  # SQL


def distrust_what_was_told(control: Control) -> None:
    """No invoice gets a number until people confirm them; mails that wait are held."""
    control.numbers_database = control.mails_database = _IN_NONE


def lock_control(session: Session) -> Control:
    """The row, held until the transaction ends. Taken before any asset or purchase."""
    return session.scalars(sa.select(Control).with_for_update()).one()


def remember_database(control: Control) -> None:
    """From now on this is the database that purchases are made from."""
    control.system_identifier = _SYSTEM_IDENTIFIER  # type: ignore[assignment]  # SQL
    control.timeline_id = _TIMELINE  # type: ignore[assignment]  # SQL
    control.database_oid = _DATABASE  # type: ignore[assignment]  # SQL


def may_dispatch(epoch: int) -> bool:
    """Asked by the dispatcher every round. Switches provisioning off in a restored database."""
    with transaction(SYSTEM_SCOPE) as session:
        control, is_same = session.execute(sa.select(Control, is_same_database())).one()
        if is_same and control.numbers_database is None:
            trust_numbers(lock_control(session))
        if control.system_identifier is None:
            remember_database(lock_control(session))
        elif not is_same and control.restored_at is None:
            _switch_off_after_restore(session)
            return False
        return bool(control.provisioning_enabled and is_same and control.min_epoch <= epoch)


def _switch_off_after_restore(session: Session) -> None:
    control = lock_control(session)
    control.provisioning_enabled = False
    control.restored_at = sa.func.now()
    record_switch(session, control, event="restored", actor=SYSTEM, reason=RESTORED)
    log.error("provisioning.restored_database")


def record_switch(
    session: Session, control: Control, *, event: str, actor: str, reason: str
) -> None:
    """Keep who switched and why, on the row and in the history."""
    control.reason = reason
    control.switched_by = actor
    control.switched_at = sa.func.now()
    control.resume_asked_by = control.resume_asker_id = control.resume_asked_at = None
    session.add(ControlEvent(event=event, actor=actor, reason=reason))
    audit(session, actor, _SWITCHES[event], PROVISIONING, reason=reason)
