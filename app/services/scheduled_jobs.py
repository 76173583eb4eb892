"""The schedule: which jobs the dispatcher keeps, and how often.

Each lane is a thread of the dispatcher and does one job after the other. What talks to Microsoft
for minutes has a lane of its own, so that nothing else is late because of it.
"""

import structlog

from app.database import reading
from app.domain.access import SYSTEM_SCOPE
from app.services.alerts import keep_alerts
from app.services.audit_chain import check_chain
from app.services.basket_lines import forget_old_lines
from app.services.bulk_work import wake_bulk_jobs
from app.services.catalogue_refreshes import refresh_when_due
from app.services.customer_imports import import_when_asked
from app.services.customer_refresh import refresh_due_customers
from app.services.expiry import expire_due_assets
from app.services.group_retry import make_asked_retries
from app.services.orders import expire_unapproved_orders
from app.services.purchases import PurchaseDriver
from app.services.reconciliation import keep_reconciling
from app.services.schedule import ScheduledJob
from app.services.today import today

log = structlog.get_logger()

_MINUTE = 60.0
_SOON = 5.0


def _expire(_driver: PurchaseDriver) -> None:
    expired = expire_due_assets(today(reading(SYSTEM_SCOPE)))
    orders = expire_unapproved_orders()
    log.info("dispatch.expired", assets=expired, orders=orders)


def _refresh(driver: PurchaseDriver) -> None:
    refresh_due_customers(driver)


def _refresh_catalogue(driver: PurchaseDriver) -> None:
    refresh_when_due(driver)


def _keep_alerts(_driver: PurchaseDriver) -> None:
    keep_alerts()


def _import_customers(driver: PurchaseDriver) -> None:
    import_when_asked(driver)


def _check_audit(_driver: PurchaseDriver) -> None:
    chain = check_chain()
    if chain.problem:
        log.error("audit.broken", problem=chain.problem, number=chain.broken_number)


def _forget_baskets(_driver: PurchaseDriver) -> None:
    log.info("dispatch.baskets", lines=forget_old_lines())


def _retry(_driver: PurchaseDriver) -> None:
    make_asked_retries()


# Every minute and not only at midnight: what a worker held, or downtime missed, is caught up.
EXPIRY = ScheduledJob(name="expiry", every_seconds=_MINUTE, run=_expire)
ALERTS = ScheduledJob(name="alerts", every_seconds=10.0, run=_keep_alerts)
RETRIES = ScheduledJob(name="retries", every_seconds=1.0, run=_retry)
# It looks for customers that were not read this night; mostly there is none.
REFRESH = ScheduledJob(name="refresh", every_seconds=_MINUTE, run=_refresh)

# A bell that nobody heard; the work itself while Redis is away.
BULK = ScheduledJob(name="bulk jobs", every_seconds=2.0, run=wake_bulk_jobs)
# Staff ask for it and follow it; once a day it asks for itself.
CATALOGUE = ScheduledJob(name="catalogue", every_seconds=_SOON, run=_refresh_catalogue)

# Every hash of the audit log is made again: seconds for a million entries, so not often.
AUDIT = ScheduledJob(name="audit", every_seconds=6 * 3600.0, run=_check_audit)

BASKETS = ScheduledJob(name="baskets", every_seconds=24 * 3600.0, run=_forget_baskets)

# Staff ask for it and follow it.
CUSTOMERS = ScheduledJob(name="customers", every_seconds=_SOON, run=_import_customers)

# It looks for a run that was asked for, the day's own, and orders of half an hour ago.
RECONCILIATION = ScheduledJob(name="reconciliation", every_seconds=_SOON, run=keep_reconciling)

LANES: dict[str, tuple[ScheduledJob, ...]] = {
    "quick": (EXPIRY, ALERTS, RETRIES),
    "microsoft": (RECONCILIATION, REFRESH),
    "bulk": (BULK,),
    "catalogue": (CATALOGUE, CUSTOMERS, AUDIT, BASKETS),
}
