"""Reading one asset from Microsoft again, as a bulk job does."""

from app.database import transaction
from app.domain.access import SYSTEM_SCOPE
from app.services.asset_refresh import Refresher, store_readings


def refresh(asset, driver):
    """What the reading brought; None where there is nothing to read."""
    details = Refresher(driver).read(asset.id)
    if details is None:
        return None
    with transaction(SYSTEM_SCOPE) as session:
        return store_readings(session, {asset.id: details}, actor="a test")[asset.id]
