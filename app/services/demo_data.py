"""Loading the demo: companies, people and prices of ours, purchases as Microsoft has them."""

import datetime as dt
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import may_take_long, reading, transaction
from app.domain.access import SYSTEM_SCOPE
from app.domain.assets import ProvisioningSyncStatus, SubscriptionStatus
from app.domain.errors import ConflictError
from app.domain.pricing import AdjustmentKind
from app.models import Account, MarketplaceOptions, PriceList, Subscription, TaxRule, User
from app.services import demo_data_world as world
from app.services.catalogue_refresh import refresh_catalogue
from app.services.demo_data_assets import Buyer, add_bought, add_refused
from app.services.demo_data_microsoft import AtMicrosoft, read_world
from app.services.passwords import hash_password
from app.services.ports import PartnerCenter
from app.services.prices import pricing_for
from app.services.today import today

_LOCK = sa.func.pg_advisory_xact_lock(sa.func.hashtext("entrepot demo data"))


def load_demo_data(partner_center: PartnerCenter) -> bool:
    """Load the demo into an empty installation; False: it is there already.

    Raises ConflictError where there are accounts that are not the demo's: they are never touched.
    """
    session = reading(SYSTEM_SCOPE)
    is_wanted = _is_wanted(session)
    session.rollback()
    if not is_wanted:
        return False
    refresh_catalogue(partner_center)
    companies = read_world(partner_center)
    hashes = {user.email: hash_password(world.PASSWORD) for user in world.USERS}
    with transaction(SYSTEM_SCOPE) as session:
        may_take_long(session)
        session.execute(sa.select(_LOCK))  # two at once: the second finds it done
        if not _is_wanted(session):
            return False
        accounts = _add_accounts(session, companies)
        users = _add_users(session, accounts, hashes)
        _add_prices(session)
        _present_marketplace(session)
        _add_assets(session, _buyers(session, companies, accounts, users), companies)
    return True


def _is_wanted(session: Session) -> bool:
    if session.scalar(sa.select(sa.exists().where(User.is_demo))):
        return False
    if session.scalar(sa.select(sa.exists().where(Account.id.is_not(None)))):
        raise ConflictError("There are accounts here already: demo data needs an empty database.")
    return True


def _add_accounts(session: Session, companies: dict[str, AtMicrosoft]) -> dict[str, Account]:
    accounts: dict[str, Account] = {}
    for demo in world.ACCOUNTS:
        company = companies.get(demo.domain)
        account = Account(
            id=uuid4(),
            kind=demo.kind,
            reseller_id=accounts[demo.reseller].id if demo.reseller else None,
            name=demo.name,
            legal_name=demo.name,
            email=f"accounts@{demo.domain}",
            address=demo.address,
            city=demo.city,
            country=world.COUNTRY,
            currency=world.CURRENCY,
            vat_number=demo.vat_number,
            microsoft_tenant_id=company.tenant_id if company else None,
            microsoft_domain=company.domain if company else None,
            default_markup=demo.default_markup,
            markup=demo.markup,
            needs_approval=demo.needs_approval,
            language=demo.language,
        )
        session.add(account)
        session.flush()  # one by one: their numbers follow this order
        accounts[demo.domain] = account
    return accounts


def _tenant(account: Account) -> UUID:
    return account.reseller_id or account.id


def _add_users(
    session: Session, accounts: dict[str, Account], hashes: dict[str, str]
) -> dict[str, User]:
    """The first user of each account, by the account's domain."""
    first: dict[str, User] = {}
    for demo in world.USERS:
        account = accounts[demo.account]
        user = User(
            id=uuid4(),
            account_id=account.id,
            tenant_id=_tenant(account),
            email=demo.email,
            name=demo.name,
            password_hash=hashes[demo.email],
            role=demo.role,
            is_demo=True,
        )
        session.add(user)
        first.setdefault(demo.account, user)
    session.flush()
    return first


def _add_prices(session: Session) -> None:
    session.add(
        PriceList(
            name=world.PRICE_LIST,
            is_default=True,
            adjustment_kind=AdjustmentKind.MARKUP,
            percent=world.MARKUP,
        )
    )
    session.add(TaxRule(country=world.COUNTRY, product_kind=None, rate=world.VAT_RATE))
    session.flush()


def _present_marketplace(session: Session) -> None:
    session.execute(
        sa.update(MarketplaceOptions).values(
            name="Entrepot",
            shows_vat=False,
            viewers_may_switch_vat=True,
            country=world.COUNTRY,
            currency=world.CURRENCY,
        )
    )


def _buyers(
    session: Session,
    companies: dict[str, AtMicrosoft],
    accounts: dict[str, Account],
    users: dict[str, User],
) -> dict[str, Buyer]:
    """Whoever buys, with its Azure plans and its prices; a reseller orders where nobody else is."""
    buyers = {}
    demos = {demo.domain: demo for demo in world.ACCOUNTS}
    for domain, company in companies.items():
        account = accounts[domain]
        buyers[domain] = Buyer(
            account=account,
            plans=tuple(_add_plans(session, account, company)),
            pricing=pricing_for(account.id),
            user=users.get(domain) or users[demos[domain].reseller or domain],
        )
    return buyers


def _add_plans(session: Session, account: Account, company: AtMicrosoft) -> list[Subscription]:
    """In our records all are active: that Microsoft suspended one is what the demo is about."""
    plans = [
        Subscription(
            id=uuid4(),
            account_id=account.id,
            tenant_id=_tenant(account),
            name=found.friendly_name,
            status=SubscriptionStatus.ACTIVE,
            provisioning_sync_status=ProvisioningSyncStatus.SYNCHRONIZED,
            microsoft_subscription_id=found.id,
            created_at=found.created_at or sa.func.now(),
        )
        for found in sorted(company.plans, key=lambda plan: plan.status != "active")
    ]
    for plan in plans:
        session.add(plan)
        session.flush()
    return plans


def _add_assets(
    session: Session, buyers: dict[str, Buyer], companies: dict[str, AtMicrosoft]
) -> None:
    """Oldest first, so that the numbers follow the dates."""
    everything = [
        (bought, buyers[company.domain])
        for company in companies.values()
        for bought in company.bought
    ]
    day = today(session)
    for bought, buyer in sorted(everything, key=lambda pair: pair[0].ordered_at):
        add_bought(session, buyer, bought, day)
    failed = world.FAILED
    at = dt.datetime.combine(day, dt.time(9, 20), dt.UTC) - dt.timedelta(days=failed.days_ago)
    add_refused(session, buyers[failed.account], failed, at)
