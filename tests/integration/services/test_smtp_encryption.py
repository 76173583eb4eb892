"""Mail over TLS, from the first byte or by STARTTLS: never in clear to a server far away."""

import ssl
from dataclasses import replace

import pytest

from app.config import SmtpSettings
from app.domain.mail import MailState
from app.integrations.mail import SmtpPost
from app.models import Mail
from app.services.outbox import Delivery, deliver_next
from tests import factories
from tests.factories import MailFactory
from tests.support.smtp import MailServer

pytestmark = pytest.mark.usefixtures("app_context")

SENDER = "Entrepot <no-reply@entrepot.example>"
SIGN_IN = ("entrepot", "a password with spaces & signs: @/#%")
# A name of this machine that is neither "localhost" nor an address: to us it is far away.
FAR_AWAY = "127.1"


@pytest.fixture
def deliver(app):
    """Send what is due to the server; what became of it."""

    def to(server, *, host="127.0.0.1", is_tls=False, sign_in=(None, None)):
        user, password = sign_in
        settings = SmtpSettings(
            host=host, port=server.port, is_tls=is_tls, user=user, password=password
        )
        room = app.extensions["mail_room"]
        return deliver_next(replace(room, post=SmtpPost(settings, SENDER, timeout=5)))

    return to


@pytest.fixture
def trusts(monkeypatch, tmp_path):
    """Let this process trust the server's authority, as OpenSSL is told to."""

    def trust(server):
        monkeypatch.setenv(
            ssl.get_default_verify_paths().openssl_cafile_env, str(server.trust(tmp_path))
        )

    return trust


def last_error(mail):
    factories.session.rollback()
    found = factories.session.get_one(Mail, mail.id, populate_existing=True)
    assert found.state is MailState.WAITING
    return found.last_error


@pytest.mark.parametrize("encrypted", ["tls", "starttls"])
def test_it_signs_in_and_sends_encrypted(deliver, trusts, encrypted):
    MailFactory()
    with MailServer(encrypted=encrypted, sign_in=SIGN_IN) as server:
        trusts(server)

        done = deliver(server, is_tls=encrypted == "tls", sign_in=SIGN_IN)

    assert done is Delivery.SENT
    assert server.was_encrypted == [True]
    assert server.signed_in == [SIGN_IN]
    assert len(server.taken) == 1


@pytest.mark.parametrize("encrypted", ["tls", "starttls"])
def test_a_server_with_a_certificate_of_nobody_gets_nothing(deliver, encrypted):
    mail = MailFactory()
    with MailServer(encrypted=encrypted, sign_in=SIGN_IN) as server:
        done = deliver(server, is_tls=encrypted == "tls", sign_in=SIGN_IN)

    assert done is Delivery.TROUBLE
    assert "CERTIFICATE_VERIFY_FAILED" in last_error(mail)
    assert (server.taken, server.signed_in) == ([], [])


def test_a_certificate_of_another_name_is_refused(deliver, trusts):
    mail = MailFactory()
    with MailServer(encrypted="starttls") as server:
        trusts(server)

        done = deliver(server, host=FAR_AWAY)

    assert done is Delivery.TROUBLE
    assert "CERTIFICATE_VERIFY_FAILED" in last_error(mail)
    assert server.taken == []


def test_far_away_nothing_goes_out_in_clear_not_even_the_password(deliver):
    """Also where somebody between us and the server took its offer of STARTTLS out."""
    mail = MailFactory()
    with MailServer(sign_in=SIGN_IN) as server:
        done = deliver(server, host=FAR_AWAY, sign_in=SIGN_IN)

    assert done is Delivery.TROUBLE
    assert "offers no encryption" in last_error(mail)
    assert (server.taken, server.signed_in) == ([], [])


def test_a_wrong_password_is_trouble_and_the_mail_waits(deliver, trusts):
    mail = MailFactory()
    with MailServer(encrypted="starttls", sign_in=SIGN_IN) as server:
        trusts(server)

        done = deliver(server, sign_in=("entrepot", "not it"))

    assert done is Delivery.TROUBLE
    assert last_error(mail).startswith("535")
    assert server.taken == []
