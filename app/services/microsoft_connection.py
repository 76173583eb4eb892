"""Our sign-in at Microsoft: the refresh token, kept encrypted, and the client that uses it."""

import datetime as dt
import os
import socket
import time

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy.dialects.postgresql import insert

from app.config import Settings
from app.database import connection_apart, transaction
from app.domain.access import SYSTEM_SCOPE
from app.integrations.microsoft import Identity, PartnerCenterClient, TokenSource
from app.integrations.microsoft.call_budget import CallBudget
from app.models import MicrosoftConnection
from app.services.pace import Pace
from app.services.provider_gate import ProviderGate
from app.services.purchases import PurchaseDriver

_IDENTITY_SECONDS = 30.0


class StoredRefreshToken:
    """The rotating refresh token of the App+User sign-in, in PostgreSQL under ENCRYPTION_KEY."""

    def __init__(self, settings: Settings) -> None:
        self._cipher = Fernet(settings.encryption_key)
        self._first = settings.microsoft.refresh_token

    def load(self) -> str | None:
        """The newest token, else the one from the settings; None where there is neither."""
        with transaction(SYSTEM_SCOPE) as session:
            stored = session.scalar(sa.select(MicrosoftConnection.refresh_token))
        if stored is None:
            return self._first
        try:
            return self._cipher.decrypt(stored).decode()
        except InvalidToken:
            return self._first  # stored under another key: start again from the settings

    def save(self, token: str) -> None:
        values = {
            "refresh_token": self._cipher.encrypt(token.encode()),
            "refreshed_at": sa.func.now(),
        }
        with transaction(SYSTEM_SCOPE) as session:
            session.execute(
                insert(MicrosoftConnection)
                .values(id=1, **values)
                .on_conflict_do_update(index_elements=["id"], set_=values)
            )


class StoredIdentity:
    """Who we are at Microsoft, where it was entered in the back office; looked up now and then."""

    def __init__(self, settings: Settings) -> None:
        self._cipher = Fernet(settings.encryption_key)
        self._found: Identity | None = None
        self._good_until = 0.0  # on the monotonic clock

    def __call__(self) -> Identity | None:
        if time.monotonic() >= self._good_until:
            self._found = self._read()
            self._good_until = time.monotonic() + _IDENTITY_SECONDS
        return self._found

    def _read(self) -> Identity | None:
        with connection_apart(SYSTEM_SCOPE) as connection:
            row = connection.execute(
                sa.select(
                    MicrosoftConnection.tenant_id,
                    MicrosoftConnection.client_id,
                    MicrosoftConnection.client_secret,
                )
            ).one_or_none()
        if row is None or None in tuple(row):
            return None
        try:
            secret = self._cipher.decrypt(row.client_secret).decode()
        except InvalidToken:
            return None  # stored under another key: the settings count again
        return Identity(tenant_id=row.tenant_id, client_id=row.client_id, client_secret=secret)


def open_tokens(settings: Settings) -> TokenSource:
    """Tokens for whoever we are now."""
    return TokenSource(
        settings.microsoft, StoredRefreshToken(settings), identity=StoredIdentity(settings)
    )


def connect_microsoft(settings: Settings) -> PurchaseDriver:
    """The client and who works with it. Calls nobody yet."""
    budget = CallBudget(settings.redis_url, settings.microsoft.calls_per_minute)
    return PurchaseDriver(
        partner_center=PartnerCenterClient(
            settings.microsoft, open_tokens(settings), ProviderGate(budget)
        ),
        worker=f"{socket.gethostname()}:{os.getpid()}",
        epoch=settings.epoch,
        lease=dt.timedelta(seconds=settings.lease_seconds),
        pace=Pace(settings.microsoft.reads_per_minute),
        budget=budget,
    )
