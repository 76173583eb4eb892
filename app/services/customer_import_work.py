"""What an import of customers would do to our accounts, and doing it.

Microsoft's own fields follow Microsoft. Name, address, currency, prices and everything else that
staff keep are set once, when an account is made, and never overwritten.
"""

import datetime as dt
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import AccountKind
from app.domain.assets import ProvisioningSyncStatus, SubscriptionStatus
from app.domain.customer_import import CustomerFound, Difference, ImportChange, PlanFound, compare
from app.models import Account, MarketplaceOptions, Subscription

_STATUSES = {
    "active": SubscriptionStatus.ACTIVE,
    "suspended": SubscriptionStatus.SUSPENDED,
    "deleted": SubscriptionStatus.CANCELLED,
    "expired": SubscriptionStatus.CANCELLED,
    "disabled": SubscriptionStatus.SUSPENDED,
}
_WORDS = {
    SubscriptionStatus.ACTIVE: "active",
    SubscriptionStatus.PENDING_CANCELLATION: "active",
    SubscriptionStatus.SUSPENDED: "suspended",
    SubscriptionStatus.CANCELLED: "deleted",
}
_ORDER = list(ImportChange)
_PLAN_IDS = sa.select(Subscription.microsoft_subscription_id)


def differences(session: Session, found: Sequence[CustomerFound]) -> list[Difference]:
    """What applying would do: new ones first, then changed, then gone. Three statements."""
    ours = _ours(session)
    theirs = {customer.id: _in_our_statuses(customer) for customer in found}
    compared = (
        compare(ours.get(customer_id), theirs.get(customer_id))
        for customer_id in dict.fromkeys((*theirs, *ours))
    )
    return sorted(
        filter(None, compared), key=lambda each: (_ORDER.index(each.kind), each.name.casefold())
    )


def apply_found(
    session: Session, found: Sequence[CustomerFound], only: Container[str] | None = None
) -> int:
    """In the caller's transaction; how many customers were new, changed or gone.

    `only` are the ids of the customers that are meant, folded; None: all of them.
    """
    to_do = [each for each in differences(session, found) if _is_meant(each.customer_id, only)]
    accounts = {
        str(account.microsoft_tenant_id).casefold(): account
        for account in session.scalars(
            sa.select(Account).where(Account.microsoft_tenant_id.is_not(None)).with_for_update()
        )
    }
    known = {each.casefold() for each in session.scalars(_PLAN_IDS)}
    meant = (each for each in found if _is_meant(each.id, only))
    for customer in map(_in_our_statuses, meant):
        account = accounts.get(customer.id) or _new_account(session, customer)
        _follow(account, customer)
        _follow_plans(session, account, customer.plans, known)
    for difference in to_do:
        if difference.kind is ImportChange.GONE:
            accounts[difference.customer_id].microsoft_gone_at = sa.func.now()
    return len(to_do)


def _is_meant(customer_id: str, only: Container[str] | None) -> bool:
    return only is None or customer_id in only


def _in_our_statuses(customer: CustomerFound) -> CustomerFound:
    """A word of Microsoft's that we have no status for means that nothing can be bought from it."""
    plans = (
        replace(plan, status=_WORDS[_STATUSES.get(plan.status, SubscriptionStatus.SUSPENDED)])
        for plan in customer.plans
    )
    return replace(customer, plans=tuple(plans))


def _ours(session: Session) -> dict[str, CustomerFound]:
    """Our accounts in Microsoft's words; not those that are known to be gone."""
    plans: dict[object, list[PlanFound]] = {}
    for plan in session.scalars(sa.select(Subscription).order_by(Subscription.number)):
        found = PlanFound(
            id=plan.microsoft_subscription_id.casefold(),
            name=plan.name,
            status=_WORDS[plan.status],
        )
        plans.setdefault(plan.account_id, []).append(found)
    query = sa.select(Account).where(
        Account.microsoft_tenant_id.is_not(None), Account.kind != AccountKind.DISTRIBUTOR
    )
    rows = session.scalars(query)
    return {
        str(account.microsoft_tenant_id).casefold(): _in_their_words(
            account, plans.get(account.id, ())
        )
        for account in rows
        if account.microsoft_gone_at is None
    }


def _in_their_words(account: Account, plans: Iterable[PlanFound]) -> CustomerFound:
    return CustomerFound(
        id=str(account.microsoft_tenant_id).casefold(),
        name=account.name,
        domain=account.microsoft_domain or "",
        country=account.country,
        has_agreement=account.has_microsoft_agreement,
        agreed_on=account.microsoft_agreed_on.isoformat() if account.microsoft_agreed_on else "",
        plans=tuple(plans),
    )


def _new_account(session: Session, customer: CustomerFound) -> Account:
    """A direct customer in the marketplace's currency, until staff say whose it is."""
    options = session.scalars(sa.select(MarketplaceOptions)).one()
    account = Account(
        kind=AccountKind.DIRECT_CUSTOMER,
        name=customer.name or customer.domain or customer.id,
        country=customer.country or options.country,
        currency=options.currency,
        timezone=options.timezone,
        language=options.language,
        microsoft_tenant_id=customer.id,
    )
    session.add(account)
    session.flush()
    session.refresh(account)  # its tenant is worked out by PostgreSQL
    return account


def _follow(account: Account, customer: CustomerFound) -> None:
    account.microsoft_domain = customer.domain or account.microsoft_domain
    account.has_microsoft_agreement = customer.has_agreement
    day = dt.date.fromisoformat(customer.agreed_on) if customer.agreed_on else None
    account.microsoft_agreed_on = day
    account.microsoft_gone_at = None
    account.microsoft_read_at = sa.func.now()


def _follow_plans(
    session: Session, account: Account, found: Iterable[PlanFound], known: Container[str]
) -> None:
    """New ones are added; those that Microsoft no longer lists are cancelled. None is removed.

    `known` are the ids of all plans there are, whoever has them here.
    """
    query = sa.select(Subscription).where(Subscription.account_id == account.id)
    ours = {plan.microsoft_subscription_id.casefold(): plan for plan in session.scalars(query)}
    theirs = {plan.id: plan for plan in found}
    for plan_id, plan in ours.items():
        if plan_id not in theirs:
            plan.status = SubscriptionStatus.CANCELLED
        elif _WORDS[plan.status] != theirs[plan_id].status:
            plan.status = _STATUSES[theirs[plan_id].status]
    for plan_id, new in theirs.items():
        if plan_id not in known:
            session.add(_new_plan(account, new))


def _new_plan(account: Account, plan: PlanFound) -> Subscription:
    return Subscription(
        account_id=account.id,
        tenant_id=account.tenant_id,
        name=plan.name or "Azure plan",
        status=_STATUSES[plan.status],
        provisioning_sync_status=ProvisioningSyncStatus.SYNCHRONIZED,
        microsoft_subscription_id=plan.id,
    )
