"""Assets that are about to be bought from the sandbox."""

import sqlalchemy as sa

from app.database import transaction
from app.domain.access import SYSTEM_SCOPE
from app.domain.purchase import PurchaseState
from app.models import Asset, Purchase, PurchaseEvent
from app.services.purchases import start_purchase
from sandbox.catalogue.model import get_catalogue
from tests import factories
from tests.factories import ReservationFactory, SoftwareSubscriptionFactory

VM = "Reserved VM Instance, Standard_D2s_v5, EU West, 1 Year"
_VIEWS = {"P1Y": "SoftwareSubscriptions", None: "SoftwarePerpetual"}


def _unbought(item, **changes):
    return {
        "purchase_state": PurchaseState.QUEUED,
        "microsoft_order_id": None,
        "microsoft_order_alias": None,
        "unit_cost": item.unit_price,
        "microsoft_product_id": item.product_id,
        "microsoft_sku_id": item.sku_id,
        **changes,
    }


def new_reservation(plan, account, **changes):
    """A reservation that the sandbox sells, not bought yet."""
    item = get_catalogue().find_titled(VM)
    ids = {"reservation_id": None, "reservation_order_id": None, "reservation_status": None}
    return ReservationFactory(
        account=account,
        subscription=plan,
        **{"quantity": 2, **ids, **_unbought(item), **changes},
    )


def new_software(account, *, term="P1Y", **changes):
    """Software that the sandbox sells; term None is perpetual."""
    item = next(
        found
        for found in get_catalogue().list_items(_VIEWS[term], "commercial")
        if found.term_duration == term and found.is_purchasable and not found.out_of_stock
    )
    return SoftwareSubscriptionFactory(
        account=account,
        **{
            "term_duration": term,
            "quantity": max(1, item.minimum_quantity),
            "software_id": None,
            **_unbought(item),
            **changes,
        },
    )


def queue_purchase(asset):
    """As the execution of an order does it; the purchase's id."""
    with transaction(SYSTEM_SCOPE) as session:
        stored_asset = session.get_one(Asset, asset.id)
        return start_purchase(session, stored_asset, actor="a buyer").id


def purchase_of(asset):
    """The newest purchase of the asset, as stored now."""
    factories.session.expire_all()
    return factories.session.scalar(
        sa.select(Purchase)
        .where(Purchase.asset_id == asset.id)
        .order_by(Purchase.generation.desc())
        .limit(1)
    )


def stored(row):
    """The same row, as stored now."""
    factories.session.expire_all()
    return factories.session.get_one(type(row), row.id)


def events_of(asset):
    """What happened to the asset's purchases, in order."""
    factories.session.expire_all()
    return factories.session.scalars(
        sa.select(PurchaseEvent.event)
        .join(Purchase, Purchase.id == PurchaseEvent.purchase_id)
        .where(Purchase.asset_id == asset.id)
        .order_by(PurchaseEvent.id)
    ).all()
