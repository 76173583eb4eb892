"""Whether Microsoft has an Azure plan registered for reservations, and asking it to.

A purchase registers its plan by itself. Staff look and ask ahead of it, or where one hangs.
"""

from dataclasses import dataclass
from uuid import UUID

from app.database import reading
from app.domain.access import Viewer
from app.domain.errors import ConflictError
from app.integrations.microsoft import CallIds, MicrosoftError, RegistrationState
from app.models import Account
from app.services.buying import check_may_order, find_plan, may_order
from app.services.ports import PartnerCenter


@dataclass(frozen=True, kw_only=True)
class PlanRegistration:
    """`problem` says why Microsoft did not tell; then the state is unknown."""

    subscription_id: UUID
    state: RegistrationState
    problem: str = ""
    may_register: bool

    @property
    def is_moving(self) -> bool:
        return self.state is RegistrationState.REGISTERING


def get_registration(
    viewer: Viewer, subscription_id: UUID, *, partner_center: PartnerCenter
) -> PlanRegistration:
    """Asks Microsoft now. What it does not answer is shown, not raised."""
    state, problem = RegistrationState.UNKNOWN, ""
    try:
        tenant_id, plan_id = _at_microsoft(viewer, subscription_id)
        state = partner_center.get_registration_status(tenant_id, plan_id)
    except (MicrosoftError, ConflictError) as error:
        problem = error.message
    is_open = state is RegistrationState.NOT_REGISTERED
    return PlanRegistration(
        subscription_id=subscription_id,
        state=state,
        problem=problem,
        may_register=is_open and may_order(viewer),
    )


def register_plan(viewer: Viewer, subscription_id: UUID, *, partner_center: PartnerCenter) -> None:
    """Ask Microsoft to register the plan; asking twice is harmless. Nothing is bought.

    Raises ConflictError with Microsoft's words where it did not take the request.
    """
    check_may_order(viewer)
    tenant_id, plan_id = _at_microsoft(viewer, subscription_id)
    try:
        partner_center.register_subscription(tenant_id, plan_id, call=CallIds.new())
    except MicrosoftError as error:
        raise ConflictError(
            "Microsoft did not register it: %(message)s", message=error.message
        ) from error


def _at_microsoft(viewer: Viewer, subscription_id: UUID) -> tuple[str, str]:
    """Ids of tenant and plan. No transaction stays open: Microsoft is called next."""
    session = reading(viewer.scope)
    plan = find_plan(session, viewer, subscription_id)
    plan_id = plan.microsoft_subscription_id
    account = session.get_one(Account, plan.account_id)
    name, tenant_id = account.name, account.microsoft_tenant_id
    session.rollback()
    if tenant_id is None:
        raise ConflictError("%(name)s has no tenant at Microsoft yet.", name=name)
    return tenant_id, plan_id
