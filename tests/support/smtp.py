"""A mail server that keeps what it takes, and misbehaves where a test asks for it."""

import email
import email.policy
import ssl
import threading

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from embedded.ports import free_port


class MailServer:
    """Use it as a context manager. `behaviour`:

    takes · refuses (550 to the recipient) · not_now (451) · refuses_content (554 after the data) ·
    cuts_at_data (hangs up instead of 354) · cuts_before_answer (takes the mail, then hangs up) ·
    holds (takes the mail and answers once `let_go` is set)

    With `encrypted` of "starttls" or "tls" it has a certificate for 127.0.0.1 and localhost of an
    authority of its own: `trust` writes that down. `sign_in` is the name and password it wants.
    """

    def __init__(self, behaviour="takes", *, encrypted=None, sign_in=None):
        self.behaviour = behaviour
        self._authority = trustme.CA()
        self._sign_in = sign_in
        self.was_encrypted = []
        self.signed_in = []
        self.port = free_port()
        self.taken = []
        self.holding = threading.Event()
        self.let_go = threading.Event()
        context = None
        if encrypted:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            ssl_context=context if encrypted == "tls" else None,
            tls_context=context if encrypted == "starttls" else None,
            require_starttls=encrypted == "starttls",
            auth_required=sign_in is not None and encrypted == "starttls",
            auth_require_tls=encrypted == "starttls",
            authenticator=self._authenticate if sign_in else None,
        )

    def _authenticate(self, _server, _session, _envelope, _mechanism, data):
        given = data.login.decode(), data.password.decode()
        self.signed_in.append(given)
        return AuthResult(success=given == self._sign_in, handled=False)

    def trust(self, folder):
        """A file with the authority's certificate."""
        path = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(path)
        return path

    def __enter__(self):
        self._controller.start()
        return self

    def __exit__(self, *_):
        self.let_go.set()
        self._controller.stop()

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def recipients(self):
        return [message["To"].addresses[0].addr_spec for message in self.taken]

    # The names and parameters are aiosmtpd's.
    async def handle_RCPT(self, server, _session, envelope, address, _options):  # noqa: N802
        if self.behaviour == "refuses":
            return "550 5.1.1 nobody of that name"
        if self.behaviour == "not_now":
            return "451 4.7.1 come back later"
        if self.behaviour == "cuts_at_data":
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802
        self.was_encrypted.append(server.transport.get_extra_info("cipher") is not None)
        if self.behaviour == "refuses_content":
            return "554 5.6.0 not like that"
        self.taken.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        if self.behaviour == "holds":
            self.holding.set()
            await server.loop.run_in_executor(None, self.let_go.wait)
        if self.behaviour == "cuts_before_answer":
            server.transport.abort()
        return "250 taken"
