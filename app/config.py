"""Settings: every environment variable, typed and checked once."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from app.failpoints import BadFailpointError, check_wish

_SHORTEST_SECRET = 32
_KEY_BYTES = 32


class Environment(StrEnum):
    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class Cloud(StrEnum):
    """Microsoft's clouds. An installation sells in one, for good: ids are another's elsewhere."""

    WORLDWIDE = "worldwide"
    US_GOVERNMENT = "us-government"
    CHINA = "china"  # run by 21Vianet; Azure reservations are not offered there

    @property
    def addresses(self) -> dict[str, str]:
        """By setting; where Microsoft publishes none, the setting is left out.

        Source: Partner Center REST URLs, and the environments of Microsoft's own PowerShell.
        """
        return _ADDRESSES[self]


_ADDRESSES = {
    Cloud.WORLDWIDE: {
        "MICROSOFT_LOGIN_URL": "https://login.microsoftonline.com",
        "PARTNER_CENTER_URL": "https://api.partnercenter.microsoft.com",
        "PARTNER_API_URL": "https://api.partner.microsoft.com",
        "ARM_URL": "https://management.azure.com",
    },
    Cloud.US_GOVERNMENT: {
        "MICROSOFT_LOGIN_URL": "https://login.microsoftonline.us",
        "PARTNER_CENTER_URL": "https://api.partnercenter.microsoft.com",
        "ARM_URL": "https://management.usgovcloudapi.net",
    },
    Cloud.CHINA: {
        "MICROSOFT_LOGIN_URL": "https://login.partner.microsoftonline.cn",
        "PARTNER_CENTER_URL": "https://partner.partnercenterapi.microsoftonline.cn",
        "ARM_URL": "https://management.chinacloudapi.cn",
    },
}


class SettingsError(Exception):
    """The environment lacks a setting or holds an impossible one. The message is for people."""


@dataclass(frozen=True, kw_only=True)
class MicrosoftSettings:
    """Where Microsoft's systems are and who we are there. Addresses carry no trailing slash.

    Who we are may be empty: then it is entered in the back office, and kept encrypted.
    """

    login_url: str
    partner_center_url: str
    partner_api_url: str
    arm_url: str
    tenant_id: str
    client_id: str
    client_secret: str
    refresh_token: str | None = None  # the first one; later ones are kept encrypted in PostgreSQL
    ca_bundle: Path | None = None
    country: str = "GR"
    connect_timeout: float = 5.0
    cloud: Cloud = Cloud.WORLDWIDE
    read_timeout: float = 40.0  # below a purchase's lease of 60 s
    calls_per_minute: int = 6000  # of all processes; a customer's own are 500
    reads_per_minute: int = 300  # of refresh and reconciliation; Microsoft bears 500 in all


@dataclass(frozen=True, kw_only=True)
class SmtpSettings:
    """The mail server. Without `is_tls` the connection begins in clear and goes on by STARTTLS."""

    host: str
    port: int
    is_tls: bool
    user: str | None = None
    password: str | None = None


@dataclass(frozen=True, kw_only=True)
class MailSettings:
    """Where mail goes: to a server, else into a folder, else nowhere (it waits)."""

    sender: str = "Entrepot <entrepot@localhost>"
    public_url: str = "http://127.0.0.1:8000"  # where the links in mails lead; no trailing slash
    smtp: SmtpSettings | None = None
    folder: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Settings:
    environment: Environment
    database_url: str
    redis_url: str
    secret_key: str
    encryption_key: str
    microsoft: MicrosoftSettings
    state_dir: Path
    epoch: int = 1
    lease_seconds: int = 60
    trusted_proxies: int = 0  # how many proxies of ours stand before the web process
    failpoint: str = ""  # what app.failpoints shall break; never in production
    failpoint_hits: Path | None = None
    failpoint_seed: str = ""
    mail: MailSettings = field(default_factory=MailSettings)

    @property
    def is_production(self) -> bool:
        return self.environment is Environment.PRODUCTION

    @property
    def queue_name(self) -> str:
        """One queue for each environment and epoch: workers of an old deploy see nothing new."""
        return f"entrepot-{self.environment}-{self.epoch}"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read the settings; raises SettingsError that names what is missing or wrong."""
        environment = _environment(env)
        settings = cls(
            environment=environment,
            database_url=database_url(env),
            redis_url=_required(env, "REDIS_URL"),
            secret_key=_secret(env, "SECRET_KEY"),
            encryption_key=_encryption_key(env),
            microsoft=_microsoft(env),
            state_dir=Path(env.get("ENTREPOT_STATE", "var")).absolute(),
            epoch=_number(env, "ENTREPOT_EPOCH", 1),
            lease_seconds=_number(env, "ENTREPOT_LEASE_SECONDS", 60),
            trusted_proxies=_number(env, "ENTREPOT_TRUSTED_PROXIES", 0, least=0),
            failpoint=_failpoint(env, environment),
            failpoint_hits=_path(env, "ENTREPOT_FAILPOINT_HITS"),
            failpoint_seed=env.get("ENTREPOT_FAILPOINT_SEED", ""),
            mail=_mail(env, environment),
        )
        if settings.lease_seconds <= settings.microsoft.read_timeout:
            raise SettingsError(
                "ENTREPOT_LEASE_SECONDS must be longer than MICROSOFT_READ_TIMEOUT."
            )
        return settings


def _environment(env: Mapping[str, str]) -> Environment:
    name = env.get("ENTREPOT_ENV", Environment.PRODUCTION)
    try:
        return Environment(name)
    except ValueError as error:
        known = ", ".join(Environment)
        raise SettingsError(f"ENTREPOT_ENV is {name!r}; it can be {known}.") from error


def _required(env: Mapping[str, str], name: str) -> str:
    value = _read(env, name)
    if not value:
        raise SettingsError(f"{name} is not set. docs/how-to/run-in-production.md lists them all.")
    return value


def _read(env: Mapping[str, str], name: str) -> str:
    """The variable, or what stands in the file that NAME_FILE points to; empty for neither."""
    if file_name := env.get(f"{name}_FILE"):
        try:
            return Path(file_name).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(f"{name}_FILE cannot be read: {error.strerror}.") from error
    return env.get(name, "").strip()


def _secret(env: Mapping[str, str], name: str) -> str:
    value = _required(env, name)
    if len(value) < _SHORTEST_SECRET:
        raise SettingsError(f"{name} is too short: use at least {_SHORTEST_SECRET} characters.")
    return value


def _encryption_key(env: Mapping[str, str]) -> str:
    """32 random bytes in URL-safe base64, the form that the cipher (Fernet) takes."""
    key = _required(env, "ENCRYPTION_KEY")
    try:
        is_key = len(base64.b64decode(key, altchars=b"-_", validate=True)) == _KEY_BYTES
    except binascii.Error:
        is_key = False
    if not is_key:
        raise SettingsError(
            "ENCRYPTION_KEY must be 32 random bytes in URL-safe base64: "
            "`openssl rand -base64 32 | tr +/ -_` makes one."
        )
    return key


def _failpoint(env: Mapping[str, str], environment: Environment) -> str:
    """Set to nothing is as good as not set; set to anything, production does not start."""
    wish = env.get("ENTREPOT_FAILPOINT", "")
    if wish and environment is Environment.PRODUCTION:
        raise SettingsError("ENTREPOT_FAILPOINT breaks the program on purpose: not in production.")
    try:
        check_wish(wish)
    except BadFailpointError as error:
        raise SettingsError(str(error)) from error
    return wish


def _path(env: Mapping[str, str], name: str) -> Path | None:
    return Path(env[name]) if env.get(name) else None


def _number(env: Mapping[str, str], name: str, default: int, *, least: int = 1) -> int:
    text = env.get(name, str(default))
    if not text.isdecimal() or int(text) < least:
        raise SettingsError(f"{name} is {text!r}; it must be a whole number of {least} or more.")
    return int(text)


def database_url(env: Mapping[str, str]) -> str:
    """DATABASE_URL, always for psycopg: a bare `postgresql://` means it in one SQLAlchemy only."""
    url = _required(env, "DATABASE_URL")
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    if not url.startswith("postgresql+psycopg://"):
        raise SettingsError("DATABASE_URL must be a postgresql:// address.")
    return url


def _mail(env: Mapping[str, str], environment: Environment) -> MailSettings:
    """In development mail lands in a folder: demo people have no mailboxes."""
    state = Path(env.get("ENTREPOT_STATE", "var")).absolute()
    is_development = environment is Environment.DEVELOPMENT
    smtp_url = _read(env, "SMTP_URL")
    public_url = env.get("ENTREPOT_PUBLIC_URL", "").rstrip("/")
    if smtp_url and environment is Environment.PRODUCTION:
        if not public_url.startswith("https://"):
            raise SettingsError(
                "ENTREPOT_PUBLIC_URL must be an https:// address where mail is sent."
            )
        if not env.get("MAIL_FROM"):
            raise SettingsError("MAIL_FROM is not set: say who the mails come from.")
    return MailSettings(
        sender=env.get("MAIL_FROM") or MailSettings.sender,
        public_url=public_url or MailSettings.public_url,
        smtp=_smtp(smtp_url) if smtp_url else None,
        folder=state / "mail" if is_development and not smtp_url else None,
    )


def _smtp(text: str) -> SmtpSettings:
    wrong = "SMTP_URL must be smtp://user:password@host:587 or smtps://user:password@host:465."
    url: SplitResult = urlsplit(text)
    try:
        port = url.port
    except ValueError as error:
        raise SettingsError(wrong) from error
    if url.scheme not in {"smtp", "smtps"} or not url.hostname:
        raise SettingsError(wrong)
    is_tls = url.scheme == "smtps"
    user, password = unquote(url.username or ""), unquote(url.password or "")
    if not (user + password).isascii():
        raise SettingsError("SMTP_URL: name and password must be of ASCII characters.")
    return SmtpSettings(
        host=url.hostname,
        port=port or (465 if is_tls else 587),
        is_tls=is_tls,
        user=user or None,
        password=password or None,
    )


def _microsoft(env: Mapping[str, str]) -> MicrosoftSettings:
    ca_bundle = env.get("MICROSOFT_CA_BUNDLE")
    cloud = _cloud(env)
    return MicrosoftSettings(
        login_url=_address(env, "MICROSOFT_LOGIN_URL", cloud),
        partner_center_url=_address(env, "PARTNER_CENTER_URL", cloud),
        partner_api_url=_address(env, "PARTNER_API_URL", cloud),
        arm_url=_address(env, "ARM_URL", cloud),
        tenant_id=_read(env, "MICROSOFT_TENANT_ID"),
        client_id=_read(env, "MICROSOFT_CLIENT_ID"),
        client_secret=_read(env, "MICROSOFT_CLIENT_SECRET"),
        refresh_token=_read(env, "MICROSOFT_REFRESH_TOKEN") or None,
        ca_bundle=Path(ca_bundle) if ca_bundle else None,
        country=env.get("MICROSOFT_COUNTRY", "GR"),
        cloud=cloud,
        read_timeout=float(_number(env, "MICROSOFT_READ_TIMEOUT", 40)),
        calls_per_minute=_number(env, "MICROSOFT_CALLS_PER_MINUTE", 6000),
        reads_per_minute=_number(env, "MICROSOFT_READS_PER_MINUTE", 300),
    )


def _cloud(env: Mapping[str, str]) -> Cloud:
    name = env.get("MICROSOFT_CLOUD") or Cloud.WORLDWIDE
    try:
        return Cloud(name)
    except ValueError as error:
        known = ", ".join(Cloud)
        raise SettingsError(f"MICROSOFT_CLOUD is {name!r}; it can be {known}.") from error


def _address(env: Mapping[str, str], name: str, cloud: Cloud) -> str:
    """The setting, else the cloud's own. An address of another cloud is refused."""
    if name not in env and name not in cloud.addresses:
        raise SettingsError(f"{name} is not set: Microsoft publishes none for {cloud}.")
    url = env.get(name, cloud.addresses.get(name, "")).rstrip("/")
    if not url.startswith("https://"):
        raise SettingsError(f"{name} must be an https:// address.")
    owners = [each for each in Cloud if each.addresses.get(name) == url]
    if owners and cloud not in owners and name in cloud.addresses:  # else another's may serve
        raise SettingsError(f"{name} is of {owners[0]}, but MICROSOFT_CLOUD is {cloud}.")
    return url
