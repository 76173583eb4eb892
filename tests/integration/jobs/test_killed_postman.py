"""Real dispatchers, killed while a mail server is about to answer: one mail, and a doubt."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.domain.mail import MailState
from app.models import Mail
from tests import factories
from tests.factories import MailFactory
from tests.support.smtp import MailServer
from tests.support.waiting import wait_until

ENTREPOT = Path(sys.executable).with_name("entrepot")


@pytest.fixture
def mail_server():
    with MailServer("holds") as server:
        yield server


@pytest.fixture
def start_dispatcher(app, servers, settings, mail_server, tmp_path):
    environment = servers.environment(
        ENTREPOT_ENV="test",
        DATABASE_URL=settings.database_url,
        SMTP_URL=mail_server.url,
        MAIL_FROM="Entrepot <no-reply@entrepot.example>",
    )
    started = []

    def start():
        log = (tmp_path / f"dispatcher-{len(started)}.log").open("w")
        process = subprocess.Popen(  # noqa: S603  # our own program
            [str(ENTREPOT), "dispatch"], env=environment, stdout=log, stderr=log
        )
        started.append((process, log))
        return process

    yield start
    mail_server.let_go.set()
    for process, log in started:
        process.kill()
        process.wait()
        log.close()


def state_of(mail):
    factories.session.rollback()
    return factories.session.scalar(sa.select(Mail.state).where(Mail.id == mail.id))


@pytest.mark.parametrize(
    "kill", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.proof)]
)
def test_a_sender_that_is_killed_between_sending_and_recording_sends_nothing_twice(
    mail_server, start_dispatcher, kill
):
    mail = MailFactory()
    first = start_dispatcher()
    assert mail_server.holding.wait(60)

    first.send_signal(kill)
    first.wait(timeout=20)
    mail_server.let_go.set()
    factories.session.execute(sa.update(Mail).values(lease_until=sa.func.now()))
    factories.session.commit()
    start_dispatcher()

    wait_until(lambda: state_of(mail) is MailState.UNCLEAR, what="settling the doubt")
    another = MailFactory()
    wait_until(lambda: state_of(another) is MailState.SENT, what="the next mail")
    assert mail_server.recipients == [mail.to_address, another.to_address]
