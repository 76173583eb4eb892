"""The sandbox's own certificate authority, kept so that a client need learn it only once."""

import ssl
from pathlib import Path

import trustme

from sandbox.state_files import write_whole

_CERTIFICATE = "sandbox-ca.pem"
_KEY = "sandbox-ca-key.pem"


def server_context(folder: Path) -> ssl.SSLContext:
    """TLS for 127.0.0.1 and localhost, signed by the authority of this state folder."""
    authority = _authority(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


def _authority(folder: Path) -> trustme.CA:
    certificate, key = folder / _CERTIFICATE, folder / _KEY
    if certificate.exists() and key.exists():
        return trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes())
    authority = trustme.CA(organization_name="Entrepot sandbox")
    write_whole(key, authority.private_key_pem.bytes(), mode=0o600)
    write_whole(certificate, authority.cert_pem.bytes(), mode=0o644)
    return authority
