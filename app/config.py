"""Settings: every environment variable, typed and checked once."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from app.failpoints import BadFailpointError, check_wish

_SHORTEST_SECRET = 32
_KEY_BYTES = 32


class Environment(StrEnum):
    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class SettingsError(Exception):
    """The environment lacks a setting or holds an impossible one. The message is for people."""


@dataclass(frozen=True, kw_only=True)
class MicrosoftSettings:
    """Where Microsoft's systems are and who we are there. Addresses carry no trailing slash."""

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
    read_timeout: float = 40.0  # below a purchase's lease of 60 s
    reads_per_minute: int = 300  # of refresh and reconciliation; Microsoft bears 500 in all


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


def _microsoft(env: Mapping[str, str]) -> MicrosoftSettings:
    ca_bundle = env.get("MICROSOFT_CA_BUNDLE")
    return MicrosoftSettings(
        login_url=_https(env, "MICROSOFT_LOGIN_URL", "https://login.microsoftonline.com"),
        partner_center_url=_https(
            env, "PARTNER_CENTER_URL", "https://api.partnercenter.microsoft.com"
        ),
        partner_api_url=_https(env, "PARTNER_API_URL", "https://api.partner.microsoft.com"),
        arm_url=_https(env, "ARM_URL", "https://management.azure.com"),
        tenant_id=_required(env, "MICROSOFT_TENANT_ID"),
        client_id=_required(env, "MICROSOFT_CLIENT_ID"),
        client_secret=_required(env, "MICROSOFT_CLIENT_SECRET"),
        refresh_token=_read(env, "MICROSOFT_REFRESH_TOKEN") or None,
        ca_bundle=Path(ca_bundle) if ca_bundle else None,
        country=env.get("MICROSOFT_COUNTRY", "GR"),
        read_timeout=float(_number(env, "MICROSOFT_READ_TIMEOUT", 40)),
        reads_per_minute=_number(env, "MICROSOFT_READS_PER_MINUTE", 300),
    )


def _https(env: Mapping[str, str], name: str, default: str) -> str:
    url = env.get(name, default).rstrip("/")
    if not url.startswith("https://"):
        raise SettingsError(f"{name} must be an https:// address.")
    return url
