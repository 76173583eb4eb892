"""What may be set for `make run`, and the environment that its processes are given."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from embedded import state
from embedded.errors import EmbeddedError

REPOSITORY = Path(__file__).resolve().parent.parent
_LARGEST_PORT = 65535
# The sandbox's words for what the application calls MICROSOFT_….
_MICROSOFT_SETTINGS = {
    "MICROSOFT_TENANT_ID": "tenant_id",
    "MICROSOFT_CLIENT_ID": "client_id",
    "MICROSOFT_CLIENT_SECRET": "client_secret",
    "MICROSOFT_REFRESH_TOKEN": "refresh_token",
}


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """The settings of one copy; two copies differ in all three."""

    port: int
    sandbox_port: int
    state_dir: Path

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "RunSettings":
        """Read PORT, SANDBOX_PORT and ENTREPOT_STATE."""
        port, sandbox_port = _port(env, "PORT", 8000), _port(env, "SANDBOX_PORT", 8443)
        if port == sandbox_port:
            raise EmbeddedError(f"PORT and SANDBOX_PORT are both {port}: choose two ports.")
        return cls(
            port=port,
            sandbox_port=sandbox_port,
            state_dir=Path(env.get("ENTREPOT_STATE") or REPOSITORY / "var"),
        )

    @property
    def sandbox_url(self) -> str:
        """Where Microsoft is, as far as this copy knows."""
        return f"https://127.0.0.1:{self.sandbox_port}"


def sandbox_environment(settings: RunSettings) -> dict[str, str]:
    """The environment of this machine and what the sandbox asks for."""
    return os.environ | _common_settings(settings)


def system_settings(
    settings: RunSettings, *, database_url: str, redis_url: str, psql: Path | None = None
) -> dict[str, str]:
    """What web, worker, dispatcher and the `entrepot` commands are told.

    The sandbox must have written its files. Microsoft's addresses and credentials are always the
    sandbox's, whatever the person's own environment says: this run never buys anything.
    """
    folder = settings.state_dir.absolute()
    return _common_settings(settings) | {
        "ENTREPOT_ENV": "development",
        "PORT": str(settings.port),
        "ENTREPOT_PUBLIC_URL": f"http://127.0.0.1:{settings.port}",
        # Demo people have no mailboxes: mail lands in a folder, whatever this machine is told.
        "SMTP_URL": "",
        "SMTP_URL_FILE": "",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": os.environ.get("SECRET_KEY")
        or state.kept_secret(folder / "secret_key", state.new_secret_key),
        "ENCRYPTION_KEY": os.environ.get("ENCRYPTION_KEY")
        or state.kept_secret(folder / "encryption_key", state.new_encryption_key),
        "ENTREPOT_PSQL": str(psql or ""),
        "MICROSOFT_LOGIN_URL": settings.sandbox_url,
        "PARTNER_CENTER_URL": settings.sandbox_url,
        "PARTNER_API_URL": settings.sandbox_url,
        "ARM_URL": settings.sandbox_url,
        "MICROSOFT_CA_BUNDLE": str(folder / "sandbox-ca.pem"),
        **_microsoft_credentials(folder / "sandbox.json"),
    }


def system_environment(
    settings: RunSettings, *, database_url: str, redis_url: str, psql: Path | None = None
) -> dict[str, str]:
    """The environment of this machine with `system_settings` on top."""
    return os.environ | system_settings(
        settings, database_url=database_url, redis_url=redis_url, psql=psql
    )


def _common_settings(settings: RunSettings) -> dict[str, str]:
    return {
        "SANDBOX_PORT": str(settings.sandbox_port),
        "ENTREPOT_STATE": str(settings.state_dir.absolute()),
        "PYTHONUNBUFFERED": "1",
    }


def _port(env: Mapping[str, str], setting: str, default: int) -> int:
    word = env.get(setting) or str(default)
    if not word.isascii() or not word.isdigit() or not 0 < int(word) <= _LARGEST_PORT:
        raise EmbeddedError(f"{setting} is {word!r}, which is not a port: use 1 to 65535.")
    return int(word)


def _microsoft_credentials(path: Path) -> dict[str, str]:
    kept = state.read_kept_json(path)
    missing = sorted(set(_MICROSOFT_SETTINGS.values()) - kept.keys())
    if missing:
        raise EmbeddedError(f"The sandbox did not say its {', '.join(missing)} in {path}.")
    return {setting: str(kept[word]) for setting, word in _MICROSOFT_SETTINGS.items()}
