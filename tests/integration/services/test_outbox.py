"""The outbox: what is told, to whom, and that each mail is sent once, whatever the server does."""

import datetime as dt
import email
import email.policy
from dataclasses import replace

import pytest
import sqlalchemy as sa

from app.config import SmtpSettings
from app.domain.languages import Language
from app.domain.mail import MailKind, MailState
from app.integrations.mail import FolderPost, SmtpPost
from app.models import Mail
from app.services.outbox import Delivery, deliver_next
from embedded.ports import free_port
from tests import factories
from tests.factories import MailFactory
from tests.support.smtp import MailServer

pytestmark = pytest.mark.usefixtures("app_context")

SENDER = "Entrepot <no-reply@entrepot.example>"


@pytest.fixture
def room(app):
    return app.extensions["mail_room"]


@pytest.fixture
def over_smtp(room):
    def to(port):
        settings = SmtpSettings(host="127.0.0.1", port=port, is_tls=False)
        return replace(room, post=SmtpPost(settings, SENDER, timeout=5))

    return to


def now_is(mail):
    factories.session.rollback()
    return factories.session.get_one(Mail, mail.id, populate_existing=True)


def make_due(**more):
    factories.session.execute(sa.update(Mail).values(next_run_at=sa.func.now(), **more))
    factories.session.commit()


def test_a_mail_is_sent_once_as_text_and_html_with_a_stable_id(over_smtp):
    mail = MailFactory(to_name="Eleni Papadaki", to_address="eleni@aegean.example")
    with MailServer() as server:
        room = over_smtp(server.port)

        results = [deliver_next(room), deliver_next(room)]

    assert results == [Delivery.SENT, Delivery.NOTHING]
    (message,) = server.taken
    assert server.recipients == ["eleni@aegean.example"]
    assert message["From"] == SENDER
    assert message["Message-ID"].startswith(f"<{mail.id}@")
    assert message["Auto-Submitted"] == "auto-generated"
    assert "Eleni Papadaki" in message.get_body(("plain",)).get_content()
    assert "<h1" in message.get_body(("html",)).get_content()
    assert now_is(mail).state is MailState.SENT
    assert now_is(mail).sent_at is not None


def test_a_server_that_is_down_gets_the_mail_later_and_nothing_is_lost(over_smtp):
    mail = MailFactory()
    port = free_port()

    assert deliver_next(over_smtp(port)) is Delivery.TROUBLE
    assert deliver_next(over_smtp(port)) is Delivery.NOTHING  # not due again yet
    waiting = now_is(mail)
    assert (waiting.state, waiting.attempts) == (MailState.WAITING, 1)
    assert dt.timedelta(seconds=20) < waiting.next_run_at - factories.NOW
    assert "refused" in waiting.last_error.lower()

    make_due()
    with MailServer() as server:
        assert deliver_next(over_smtp(server.port)) is Delivery.SENT
    assert len(server.taken) == 1
    assert now_is(mail).last_error is None


@pytest.mark.parametrize(
    ("behaviour", "state", "words"),
    [
        ("refuses", MailState.FAILED, "550 5.1.1 nobody of that name"),
        ("refuses_content", MailState.FAILED, "554 5.6.0 not like that"),
        ("not_now", MailState.WAITING, "451 4.7.1 come back later"),
        ("cuts_at_data", MailState.WAITING, "SMTPServerDisconnected"),
        ("cuts_before_answer", MailState.UNCLEAR, "SMTPServerDisconnected"),
    ],
)
def test_what_the_server_does_decides_what_becomes_of_the_mail(over_smtp, behaviour, state, words):
    mail = MailFactory()
    with MailServer(behaviour) as server:
        deliver_next(over_smtp(server.port))

    assert now_is(mail).state is state
    assert words in now_is(mail).last_error


def test_what_is_perhaps_sent_is_never_sent_again_by_itself(over_smtp):
    mail = MailFactory()
    with MailServer("cuts_before_answer") as server:
        room = over_smtp(server.port)
        deliver_next(room)
        make_due(lease_until=None)
        server.behaviour = "takes"

        assert deliver_next(room) is Delivery.NOTHING

    assert len(server.taken) == 1
    assert now_is(mail).state is MailState.UNCLEAR


def test_a_sender_that_died_after_handing_over_leaves_a_doubt_and_no_second_mail(over_smtp):
    mail = MailFactory(state=MailState.HANDED_OVER, fence=1, attempts=1, lease_until=factories.NOW)
    with MailServer() as server:
        assert deliver_next(over_smtp(server.port)) is Delivery.NOTHING

    assert server.taken == []
    assert now_is(mail).state is MailState.UNCLEAR


def test_a_sender_that_died_before_handing_over_is_followed_by_another(over_smtp):
    MailFactory(fence=1, attempts=1, lease_until=factories.NOW)
    with MailServer() as server:
        assert deliver_next(over_smtp(server.port)) is Delivery.SENT

    assert len(server.taken) == 1


def test_a_sender_that_was_overtaken_hands_nothing_over(app, over_smtp):
    """It slept longer than its lease; another one has the mail by now."""
    mail = MailFactory()
    with MailServer() as server:
        room = over_smtp(server.port)

        class Sleeper:
            def send(self, outgoing, *, handing_over):
                make_due(fence=7)
                room.post.send(outgoing, handing_over=handing_over)

        deliver_next(replace(room, post=Sleeper()))

    assert server.taken == []
    assert now_is(mail).fence == 7


def test_a_mail_whose_link_has_run_out_is_not_sent(over_smtp):
    mail = MailFactory(useless_after=factories.NOW - dt.timedelta(seconds=1))
    with MailServer() as server:
        deliver_next(over_smtp(server.port))

    assert server.taken == []
    assert now_is(mail).state is MailState.FAILED


def test_after_two_days_of_trouble_a_mail_is_given_up_for_staff_to_see(over_smtp):
    mail = MailFactory(attempts=17)

    deliver_next(over_smtp(free_port()))

    assert now_is(mail).state is MailState.FAILED
    assert now_is(mail).last_error.startswith("Given up")


def test_one_refused_mail_holds_up_no_other(over_smtp):
    for _ in range(3):
        MailFactory()
    with MailServer("refuses") as server:
        room = over_smtp(server.port)
        deliver_next(room)
        server.behaviour = "takes"
        assert [deliver_next(room), deliver_next(room)] == [Delivery.SENT] * 2


def test_without_a_mail_server_mails_wait(room):
    mail = MailFactory()

    assert deliver_next(replace(room, post=None)) is Delivery.NOTHING
    assert now_is(mail).state is MailState.WAITING


def test_in_a_folder_a_mail_is_one_file(room, tmp_path):
    mail = MailFactory(to_name="Ελένη\nBcc: evil@x.example", language=Language.EL)

    deliver_next(replace(room, post=FolderPost(tmp_path / "mail", SENDER)))

    (file,) = (tmp_path / "mail").iterdir()
    assert file.name == f"{mail.id}.eml"
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert message["To"].addresses[0].addr_spec == mail.to_address
    assert message["Bcc"] is None


def test_a_folder_that_cannot_be_written_is_trouble(room, tmp_path):
    (tmp_path / "mail").write_text("a file stands where the folder should be")
    mail = MailFactory(kind=MailKind.PASSWORD_CHANGED)

    assert deliver_next(replace(room, post=FolderPost(tmp_path / "mail", SENDER))) is (
        Delivery.TROUBLE
    )
    assert now_is(mail).state is MailState.WAITING
