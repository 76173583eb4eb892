"""What the back office's pages are tested with: a reseller, its customer, assets in every state."""

from dataclasses import dataclass, field

from app.domain.access import Role
from app.domain.purchase import PurchaseState
from app.models import PurchaseEvent
from tests import factories
from tests.factories import (
    AccountFactory,
    PurchaseFactory,
    ReservationFactory,
    SubscriptionFactory,
    UserFactory,
)
from tests.support.html import page, words

ASSETS = "/bss/billing/assets/"
SUSPENDED = "The Azure plan is suspended at Microsoft."


@dataclass
class BackOffice:
    reseller: object = field(
        default_factory=lambda: AccountFactory(reseller_account=True, name="Northwind Cloud")
    )
    customer: object = None
    plan: object = None

    def __post_init__(self):
        self.customer = AccountFactory.customer_of(
            self.reseller, name="Aegean Foods S.A.", city="Athens", vat_number="EL094382771"
        )
        self.plan = SubscriptionFactory(account=self.customer, name="Azure plan A")

    def reservation(self, **kwargs):
        return ReservationFactory(account=self.customer, subscription=self.plan, **kwargs)

    def failed(self, *, code="800011", message=SUSPENDED, **kwargs):
        """A reservation that Microsoft refused, with its purchase and what happened to it."""
        nothing = {"reservation_id": None, "reservation_order_id": None, "reservation_status": None}
        asset = self.reservation(failed=True, **nothing, **kwargs)
        purchase = purchase_for(
            asset, state=PurchaseState.FAILED, error_code=code, error_message=message
        )
        add_event(purchase, "queued", state=PurchaseState.QUEUED)
        add_event(purchase, "failed", error_code=code, message=message, ms_request_id="request-1")
        return asset


def staff(role=Role.STAFF_ADMINISTRATOR):
    return UserFactory(staff=True, role=role, name="Eleni Papadaki")


def purchase_for(asset, **kwargs):
    return PurchaseFactory(asset=asset, **kwargs)


def add_event(purchase, event, **kwargs):
    row = PurchaseEvent(
        purchase_id=purchase.id,
        account_id=purchase.account_id,
        tenant_id=purchase.tenant_id,
        event=event,
        **{
            "actor": "worker-1",
            "state": purchase.state,
            "detail": {},
            "ms_correlation_id": str(purchase.correlation_id),
            **kwargs,
        },
    )
    factories.session.add(row)
    factories.session.commit()
    return row


def view_of(asset):
    return f"{ASSETS}{asset.id}/"


def edit_of(asset):
    return f"{ASSETS}{asset.id}/edit"


def heads(answer):
    return [words(th) for th in page(answer).select("thead th")]


def names(answer):
    return [words(link) for link in page(answer).select("tbody a.row")]


def facts(answer):
    """Label → value of the definition lists."""
    return {
        words(term): words(term.find_next_sibling("dd")) for term in page(answer).select(".dl dt")
    }


def title(answer):
    return words(page(answer).h1)
