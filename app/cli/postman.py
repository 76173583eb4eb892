"""The postman: a thread of the dispatcher, so that a slow mail server holds up nothing else."""

import threading

import structlog
from flask import Flask

from app.database import POSTGRESQL_IS_AWAY, let_go
from app.services.held_mails import hold_what_waits
from app.services.mail_room import MailRoom
from app.services.mail_spread import spread_notices
from app.services.outbox import Delivery, deliver_next
from app.services.password_requests import answer_password_requests

log = structlog.get_logger()

_EVERY_SECONDS = 1.0
_AFTER_TROUBLE_SECONDS = 5.0  # a mail server that is away is not asked for every mail that waits
_GOES_ON = (Delivery.SENT, Delivery.NOT_SENT)


class Postman:
    """Started anew by `keep_going` should it ever end by a mistake of ours."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._room: MailRoom = app.extensions["mail_room"]
        self._is_asked_to_stop = threading.Event()
        self._thread: threading.Thread | None = None

    def keep_going(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        if self._thread is not None:
            log.error("postman.ended")
        self._thread = threading.Thread(target=self._run, name="postman", daemon=True)
        self._thread.start()

    def stop(self, *, grace_seconds: float) -> None:
        """Let it finish its mail; one that takes longer is settled by the next postman."""
        self._is_asked_to_stop.set()
        if self._thread is not None:
            self._thread.join(grace_seconds)

    def _run(self) -> None:
        with self._app.app_context():
            while not self._is_asked_to_stop.is_set():
                self._is_asked_to_stop.wait(self._round())

    def _round(self) -> float:
        """Everything that is due; how many seconds to rest."""
        try:
            hold_what_waits()
            answer_password_requests(self._room)
            spread_notices()
            done = deliver_next(self._room)
            while done in _GOES_ON and not self._is_asked_to_stop.is_set():
                done = deliver_next(self._room)
        except POSTGRESQL_IS_AWAY as error:
            log.warning("postman.postgresql_away", error=type(error).__name__)
            return _AFTER_TROUBLE_SECONDS
        finally:
            let_go()
        return _AFTER_TROUBLE_SECONDS if done is Delivery.TROUBLE else _EVERY_SECONDS
