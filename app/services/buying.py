"""Who may buy for whom, and whether that account and that Azure plan may."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import reading
from app.domain.access import AccountKind, Permission, Viewer
from app.domain.assets import ProvisioningSyncStatus, SubscriptionStatus
from app.domain.catalogue import RESERVED_INSTANCES_NAME
from app.domain.errors import ConflictError, NotAllowedError, NotFoundError
from app.domain.sentences import said
from app.models import Account, Product, Subscription
from app.services.visibility import visible_to

_ELIGIBLE = {SubscriptionStatus.ACTIVE, SubscriptionStatus.PENDING_CANCELLATION}
ROLE_DOES_NOT_ORDER = "Your role does not place orders."
_BUYS_ON_BEHALF = (Permission.PROVISION, Permission.ADMINISTER)


def may_order(viewer: Viewer) -> bool:
    """Buyers and administrators of an account, and staff on behalf of one."""
    if viewer.is_staff:
        return any(viewer.may(permission) for permission in _BUYS_ON_BEHALF)
    return viewer.may(Permission.PLACE_ORDERS)


def check_may_order(viewer: Viewer) -> None:
    if not may_order(viewer):
        raise NotAllowedError(ROLE_DOES_NOT_ORDER)


def accounts_visible_to(viewer: Viewer) -> sa.ColumnElement[bool]:
    """As `visible_to`, for accounts themselves."""
    if viewer.is_staff:
        return sa.true()
    owner = Account.tenant_id if viewer.is_reseller else Account.id
    return owner == viewer.account_id


@dataclass(frozen=True, kw_only=True)
class BuyerAccount:
    """An account that the viewer may choose to buy for; `reason` says why it cannot order."""

    id: UUID
    name: str
    reason: str | None = None


def accounts_to_buy_for(viewer: Viewer) -> list[BuyerAccount]:
    """A reseller chooses between itself, which comes first, and its customers; nobody else does."""
    if not viewer.is_reseller:
        return []
    is_own = Account.id == viewer.account_id
    query = sa.select(Account.id, Account.name).where(
        accounts_visible_to(viewer), Account.is_active, Account.may_order
    )
    rows = reading(viewer.scope).execute(query.order_by(is_own.desc(), Account.name, Account.id))
    return [BuyerAccount(id=row.id, name=row.name) for row in rows]


def find_account_to_buy_for(viewer: Viewer, account_id: UUID) -> BuyerAccount:
    """The account that staff order for. Raises NotFoundError for one out of sight."""
    seen = sa.select(Account).where(Account.id == account_id, accounts_visible_to(viewer))
    account = reading(viewer.scope).scalar(seen)
    if account is None:
        raise NotFoundError
    return BuyerAccount(id=account.id, name=account.name, reason=reason_not_to_order(account))


def account_to_buy_for(session: Session, viewer: Viewer, account_id: UUID) -> Account:
    """Raises NotFoundError for an account out of sight, ConflictError for one that cannot buy."""
    check_may_order(viewer)
    seen = sa.select(Account).where(Account.id == account_id, accounts_visible_to(viewer))
    account = session.scalar(seen)
    if account is None:
        raise NotFoundError
    if reason := reason_not_to_order(account):
        raise ConflictError(reason)
    return account


def reason_not_to_order(account: Account) -> str | None:
    """Why the account cannot order, in words for people; None where it can."""
    if account.kind is AccountKind.DISTRIBUTOR:
        return said("%(name)s sells; it does not order from itself.", name=account.name)
    if not account.is_active:
        return said("%(name)s is not active.", name=account.name)
    if not account.may_order:
        return said("Ordering is switched off for %(name)s.", name=account.name)
    if account.microsoft_tenant_id is None:
        return said("%(name)s has no tenant at Microsoft yet.", name=account.name)
    return reason_at_microsoft(account)


def reason_at_microsoft(account: Account) -> str | None:
    """What the last import of customers found; nothing speaks against who was never read."""
    if account.microsoft_gone_at is not None:
        return said(
            "Partner Center no longer lists %(name)s as our customer."
            " Renew the reseller relationship there, then have our staff read the customers again.",
            name=account.name,
        )
    if account.has_microsoft_agreement is False:
        return said(
            "%(name)s has not accepted the Microsoft Customer Agreement:"
            " Microsoft would refuse the order. Have it accepted in Partner Center, then have our"
            " staff read the customers again.",
            name=account.name,
        )
    return None


def reason_not_to_order_for(viewer: Viewer, account: Account) -> str | None:
    """As `reason_not_to_order`; before that, whether the viewer's role orders at all."""
    return reason_not_to_order(account) if may_order(viewer) else ROLE_DOES_NOT_ORDER


def find_plan(session: Session, viewer: Viewer, subscription_id: UUID) -> Subscription:
    """An Azure plan that the viewer sees; NotFoundError for any other."""
    seen = sa.select(Subscription).where(
        Subscription.id == subscription_id, visible_to(viewer, Subscription)
    )
    plan = session.scalar(seen)
    if plan is None:
        raise NotFoundError
    return plan


def reason_no_reservation(plan: Subscription, *, is_published: bool) -> str | None:
    """Why no reservation can be bought from the plan; None where one can."""
    if plan.status not in _ELIGIBLE:
        return said("The Azure plan is %(status)s.", status=said(plan.status.label.lower()))
    if plan.provisioning_sync_status is not ProvisioningSyncStatus.SYNCHRONIZED:
        return said("The Azure plan is not synchronized with Microsoft.")
    if not is_published:
        return reason_not_published(RESERVED_INSTANCES_NAME)
    return None


def check_plan(plan: Subscription, product: Product) -> None:
    if reason := reason_no_reservation(plan, is_published=product.is_published):
        raise ConflictError(reason)


def reason_not_published(name: str) -> str:
    return said("%(name)s is not sold here at the moment.", name=name)
