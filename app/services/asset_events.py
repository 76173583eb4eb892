"""What happens to an asset beside its purchases: one line each, never changed again."""

from typing import Any

from sqlalchemy.orm import Session

from app.models import Asset, AssetEvent


def add_asset_event(
    session: Session, asset: Asset, event: str, *, actor: str, detail: dict[str, Any] | None = None
) -> None:
    """In the caller's transaction. The timeline shows it to staff; customers see what it knows."""
    session.add(
        AssetEvent(
            asset_id=asset.id,
            account_id=asset.account_id,
            tenant_id=asset.tenant_id,
            event=event,
            actor=actor,
            detail=detail or {},
        )
    )
