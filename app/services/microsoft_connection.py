"""Our sign-in at Microsoft: the refresh token, kept encrypted, and the client that uses it."""

import datetime as dt
import os
import socket

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy.dialects.postgresql import insert

from app.config import Settings
from app.database import transaction
from app.domain.access import SYSTEM_SCOPE
from app.integrations.microsoft import PartnerCenterClient, TokenSource
from app.integrations.microsoft.call_budget import CallBudget
from app.models import MicrosoftConnection
from app.services.pace import Pace
from app.services.provider_gate import ProviderGate
from app.services.purchases import PurchaseDriver


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


def connect_microsoft(settings: Settings) -> PurchaseDriver:
    """The client and who works with it. Calls nobody yet."""
    tokens = TokenSource(settings.microsoft, StoredRefreshToken(settings))
    gate = ProviderGate(CallBudget(settings.redis_url, settings.microsoft.calls_per_minute))
    return PurchaseDriver(
        partner_center=PartnerCenterClient(settings.microsoft, tokens, gate),
        worker=f"{socket.gethostname()}:{os.getpid()}",
        epoch=settings.epoch,
        lease=dt.timedelta(seconds=settings.lease_seconds),
        pace=Pace(settings.microsoft.reads_per_minute),
    )
