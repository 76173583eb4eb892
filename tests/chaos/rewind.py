"""R01, the rewind drill: buy, back up, buy on, lose the database, restore to the middle.

`make drill-rewind` runs it. Microsoft then knows of orders that our tables have never heard of, and
rows that look unbought are bought. Nothing may be sent until everything is known again.
"""

import os
import shutil
import signal
import sys
import time
from contextlib import contextmanager

import psycopg
import sqlalchemy as sa

from app import create_app
from app.config import Settings
from app.database import db, reading
from app.domain.access import SYSTEM_SCOPE, Viewer
from app.domain.errors import ConflictError
from app.models import Account, User
from app.services.provisioning_switch import ResumeOutcome, resume
from app.services.staff import create_administrator
from tests.chaos import books
from tests.chaos.drill import Drill, asked_for
from tests.e2e.people import ADMIN, PASSWORD
from tests.support.person import GaveUpError
from tests.support.waiting import wait_until

_BUYING = frozenset({"create_cart", "update_cart", "checkout"})
_SECOND = "second@entrepot.example"
_WATCH_SECONDS = 8.0  # several rounds of every dispatcher
_RECOVERY = "restore_command = 'false'\nrecovery_target = 'immediate'\n"
_RECOVERY += "recovery_target_action = 'promote'\n"


def _pg_wal(_folder, names):
    """Copied once the backup has ended; whose postmaster it was is nobody's business then."""
    return [name for name in names if name in {"pg_wal", "postmaster.pid"}]


class Rewind(Drill):
    """`each` are bought before the backup, and as many after it."""

    def __init__(self, each, seed, folder):
        super().__init__(purchases=2 * each, seed=seed, folder=folder)
        self.each = each

    def go(self):
        self.buy(self.wishes[: self.each])
        self._back_up()
        self.buy(self.wishes[self.each :])
        self._lose_and_restore()
        self._expect_silence()
        if self._reconcile():
            self._switch_on_by_two()
            self._expect_everything_known()

    def _back_up(self):
        """An online base backup, as pg_basebackup makes it: the folder, its label, its WAL."""
        data = self.servers.data
        self.backup = self.state / "backup"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SELECT pg_backup_start('rewind', fast => true)")
            shutil.copytree(data, self.backup, ignore=_pg_wal)
            label, tablespaces = connection.execute(
                "SELECT labelfile, spcmapfile FROM pg_backup_stop(wait_for_archive => false)"
            ).fetchone()
        shutil.copytree(data / "pg_wal", self.backup / "pg_wal")
        (self.backup / "backup_label").write_text(label)
        if tablespaces:
            (self.backup / "tablespace_map").write_text(tablespaces)

    def _lose_and_restore(self):
        """To the end of the backup, on a timeline of its own: what PostgreSQL does."""
        data = self.servers.data
        owner = data.stat()
        self.sent_before = self.sandbox.last_request()
        self.sold = self._sold()
        self.servers.postgresql.crash(signal.SIGKILL)
        shutil.rmtree(data)
        shutil.copytree(self.backup, data)
        (data / "recovery.signal").touch()
        with (data / "postgresql.auto.conf").open("a") as settings:
            settings.write(_RECOVERY)
        for path in (data, *data.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid)
        data.chmod(0o700)
        self.servers.postgresql.start()
        self.servers.postgresql.wait()
        wait_until(self._is_writable, seconds=60, what="the restored database to be writable")
        known = sum(books.states(self.url, self.began).values())
        self.must(
            "the restored database has forgotten the second half",
            holds=known == self.each,
            seen=f"{known} purchases known, {len(self.sold)} orders at Microsoft",
        )

    def _is_writable(self):
        try:
            with psycopg.connect(self.url) as connection:
                (is_behind,) = connection.execute("SELECT pg_is_in_recovery()").fetchone()
                return not is_behind
        except psycopg.OperationalError:
            return False

    def _sold(self):
        return [
            order
            for order in self.sandbox.ledger()
            if order["order_id"] not in self.began.order_ids
        ]

    def _expect_silence(self):
        """For several rounds of the dispatchers, with a purchase waiting that looks unbought."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("UPDATE purchases SET next_run_at = now(), woken_at = NULL")
        end_at = time.monotonic() + _WATCH_SECONDS
        while time.monotonic() < end_at:
            self.crew.look_after()
            time.sleep(0.2)
        with psycopg.connect(self.url) as connection:
            (is_on,) = connection.execute("SELECT provisioning_enabled FROM control").fetchone()
        self.must("provisioning is off", holds=not is_on, seen=f"enabled: {is_on}")
        calls = self._buying_calls()
        self.must("nothing is sent to Microsoft", holds=not calls, seen=f"{calls} calls")
        page = self.staff.get("/bss/").get_text(" ", strip=True)
        self.must("staff see it on every page", holds="restored" in page.lower(), seen=page[:300])

    def _buying_calls(self):
        calls = self.sandbox.requests(self.sent_before)
        return sum(call["route"] in _BUYING for call in calls)

    def _reconcile(self):
        """Asked for by staff; the dispatcher does it while nothing may be bought."""
        try:
            self.staff.press("/bss/reconciliation/", "/run")
        except GaveUpError as error:
            self.must("staff can ask for a reconciliation", holds=False, seen=error)
            return False
        self.look_after_until(
            self._is_reconciled, seconds=300, what="the reconciliation of all customers"
        )
        known = {p["own_ref"] for p in self.books().purchases if p["order_id"]}
        missing = [order["reference"] for order in self.sold if order["reference"] not in known]
        self.must(
            "every order at Microsoft is ours again",
            holds=not missing,
            seen=f"{len(missing)} missing",
        )
        return True

    def _is_reconciled(self):
        with psycopg.connect(self.url) as connection:
            (is_done,) = connection.execute(
                "SELECT reconciled_at > restored_at FROM control"
            ).fetchone()
        return bool(is_done)

    def _switch_on_by_two(self):
        """One administrator asks, and asks again in vain; another one does it."""
        with surrounding(self.servers.environment()) as people:
            first, second = people
            asked = resume(first, "The drill")
            self.must(
                "one person alone cannot switch on",
                holds=asked is ResumeOutcome.SECOND_PERSON_NEEDED and _is_refused(first),
                seen=asked,
            )
            done = resume(second, "The drill")
            self.must("two people switch on", holds=done is ResumeOutcome.RESUMED, seen=done)

    def _expect_everything_known(self):
        self.look_after_until(self.is_final, seconds=120, what="every purchase to be final")
        found = self.books()
        orders = [order["reference"] for order in found.orders]
        twice = {each for each in orders if orders.count(each) > 1}
        self.must("nothing was bought twice", holds=not twice, seen=f"{len(twice)} twice")
        self.must(
            "Microsoft sold nothing more than before",
            holds=len(orders) == len(self.sold),
            seen=f"{len(orders)} orders",
        )
        known = {p["order_id"] for p in found.purchases}
        lost = [o["reference"] for o in found.orders if o["order_id"] not in known]
        wanted = 2 * self.each
        self.must(
            f"{wanted} of {wanted} known",
            holds=not lost and len(orders) == wanted,
            seen=f"{len(orders) - len(lost)} known, {len(lost)} lost",
        )


def _is_refused(viewer):
    try:
        resume(viewer, "The drill")
    except ConflictError:
        return True
    return False


@contextmanager
def surrounding(environment):
    """The application, and two administrators of it."""
    app = create_app(Settings.from_env(environment))
    with app.app_context():
        create_administrator(_SECOND, PASSWORD)
        session = reading(SYSTEM_SCOPE)
        yield [_viewer(session, email) for email in (ADMIN, _SECOND)]
        db.session.remove()
        db.engine.dispose()


def _viewer(session, email):
    user = session.scalars(sa.select(User).where(User.email == email)).one()
    account = session.get_one(Account, user.account_id)
    return Viewer(
        user_id=user.id,
        name=user.name,
        email=user.email,
        account_id=account.id,
        account_name=account.name,
        account_kind=account.kind,
        role=user.role,
        reseller_id=account.reseller_id,
    )


if __name__ == "__main__":
    sys.exit(asked_for(Rewind, each=100, folder="rewind"))
