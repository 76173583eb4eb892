"""The nightly refresh: every asset, read customer by customer."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert

from app.database import reading, transaction
from app.domain.access import SYSTEM_SCOPE
from app.domain.assets import AssetStatus
from app.domain.purchase_commands import Details
from app.domain.sentences import said
from app.integrations.microsoft import MicrosoftError, TryLaterError
from app.models import Account, Asset, CustomerReading
from app.services.asset_refresh import (
    AssetToRead,
    RefreshOutcome,
    is_readable,
    select_to_read,
    store_readings,
    to_read,
)
from app.services.customer_side import CustomerSide
from app.services.purchases import PurchaseDriver

log = structlog.get_logger()

_NIGHT_BEGINS = dt.timedelta(hours=1)  # UTC, an hour after what ends that day has expired
_AT_ONCE = 100
_ENDED_LATELY = dt.timedelta(days=35)  # Microsoft may have renewed what expired here
_AGAIN_AFTER_TROUBLE = dt.timedelta(minutes=15)
_AGAIN_AFTER_SOME = dt.timedelta(hours=1)
_ACTOR = "refresh"


@dataclass
class RefreshTally:
    """What a refresh of many brought: how many assets of each outcome, and what was not read."""

    outcomes: Counter[RefreshOutcome] = field(default_factory=Counter)
    unread_assets: int = 0
    unread_customers: int = 0

    @property
    def assets(self) -> int:
        return self.outcomes.total()


def refresh_due_customers(driver: PurchaseDriver) -> RefreshTally:
    """Read every customer that was not read since this night began: by day that catches up.

    Goes on where an earlier run was broken off. A customer that Microsoft does not tell about
    waits a while and keeps nobody else waiting.
    """
    return _refresh_all(driver, _this_night(), actor=_ACTOR)


def refresh_all_customers(driver: PurchaseDriver, *, actor: str) -> RefreshTally:
    """Read everything again, whenever it was read last."""
    now = reading(SYSTEM_SCOPE).scalars(sa.select(sa.func.clock_timestamp())).one()
    return _refresh_all(driver, now, actor=actor)


def _refresh_all(driver: PurchaseDriver, since: dt.datetime, *, actor: str) -> RefreshTally:
    tally = RefreshTally()
    for customer_id in _due_customers(since):
        _refresh_customer(driver, customer_id, since, tally, actor=actor)
    if tally.assets or tally.unread_customers:
        log.info(
            "assets.refreshed",
            **{outcome.value: count for outcome, count in tally.outcomes.items()},
            unread_assets=tally.unread_assets,
            unread_customers=tally.unread_customers,
        )
    return tally


def _this_night() -> dt.datetime:
    now = reading(SYSTEM_SCOPE).scalars(sa.select(sa.func.now())).one().astimezone(dt.UTC)
    night = dt.datetime.combine(now.date(), dt.time(), dt.UTC) + _NIGHT_BEGINS
    return night if night <= now else night - dt.timedelta(days=1)


def _due_customers(since: dt.datetime) -> Sequence[str]:
    """Those with assets, the longest unread first. A new account counts as read when it came:
    its purchases are followed by themselves."""
    read_at = sa.func.coalesce(
        sa.func.max(CustomerReading.refreshed_at), sa.func.max(Account.created_at)
    )
    query = (
        sa.select(Account.microsoft_tenant_id)
        .join(Asset, Asset.account_id == Account.id)
        .outerjoin(CustomerReading, CustomerReading.customer_id == Account.microsoft_tenant_id)
        .where(is_readable(), _is_worth_reading())
        .where(
            sa.or_(
                CustomerReading.next_try_at.is_(None),
                CustomerReading.next_try_at <= sa.func.clock_timestamp(),
            )
        )
        .group_by(Account.microsoft_tenant_id)
        .having(read_at < since)
        .order_by(read_at, Account.microsoft_tenant_id)
    )
    session = reading(SYSTEM_SCOPE)
    found = [each for each in session.scalars(query) if each]
    session.rollback()
    return found


def _is_worth_reading() -> sa.ColumnElement[bool]:
    lately = sa.func.current_date() - _ENDED_LATELY
    return sa.or_(
        Asset.status == AssetStatus.ACTIVE,
        sa.and_(Asset.status == AssetStatus.EXPIRED, Asset.expires_on >= lately),
    )


def _refresh_customer(
    driver: PurchaseDriver,
    customer_id: str,
    since: dt.datetime,
    tally: RefreshTally,
    *,
    actor: str,
) -> None:
    side = CustomerSide(driver.partner_center, customer_id, driver.pace)
    unread = 0
    try:
        for batch in _batches(customer_id, since):
            details = _read(side, batch)
            unread += len(batch) - len(details)
            with transaction(SYSTEM_SCOPE) as session:
                stored = store_readings(session, details, actor=actor)
            tally.outcomes.update(each.outcome for each in stored.values())
    except MicrosoftError as error:
        tally.unread_customers += 1
        log.warning("refresh.customer_unread", customer_id=customer_id, code=error.code)
        _note_trouble(customer_id, error)
    else:
        tally.unread_assets += unread
        _note_read(customer_id, unread)


def _batches(customer_id: str, since: dt.datetime) -> Iterator[list[AssetToRead]]:
    """The customer's assets that were not read since then, in short readings of their own."""
    last: UUID | None = None
    while True:
        query = (
            select_to_read()
            .where(Account.microsoft_tenant_id == customer_id, _is_worth_reading())
            .where(
                sa.or_(Asset.microsoft_refreshed_at.is_(None), Asset.microsoft_refreshed_at < since)
            )
            .order_by(Asset.id)
            .limit(_AT_ONCE)
        )
        if last is not None:
            query = query.where(Asset.id > last)
        session = reading(SYSTEM_SCOPE)
        batch = [to_read(row) for row in session.execute(query)]
        session.rollback()
        if not batch:
            return
        yield batch
        last = batch[-1].id


def _read(side: CustomerSide, batch: list[AssetToRead]) -> dict[UUID, Details]:
    """What Microsoft says of each. One that cannot be read is left out; a throttle ends it all."""
    found = {}
    for asset in batch:
        try:
            found[asset.id] = side.details_of(asset.kind, asset.order_id, has_term=asset.has_term)
        except TryLaterError:
            raise
        except MicrosoftError as error:
            log.warning("refresh.asset_unread", asset_id=str(asset.id), code=error.code)
    return found


def _note_trouble(customer_id: str, error: MicrosoftError) -> None:
    wait = _AGAIN_AFTER_TROUBLE
    if isinstance(error, TryLaterError) and error.retry_after is not None:
        wait = dt.timedelta(seconds=error.retry_after)
    _note(
        customer_id,
        next_try_at=sa.func.clock_timestamp() + wait,
        error_code=error.code,
        error_message=error.message,
    )


def _note_read(customer_id: str, unread: int) -> None:
    """With some unread the customer is not done: those alone are asked for again."""
    if unread:
        _note(
            customer_id,
            next_try_at=sa.func.clock_timestamp() + _AGAIN_AFTER_SOME,
            error_code="unread",
            error_message=said("%(unread)s assets could not be read.", unread=unread),
        )
    else:
        _note(
            customer_id,
            refreshed_at=sa.func.clock_timestamp(),
            next_try_at=None,
            error_code=None,
            error_message=None,
        )


def _note(customer_id: str, **values: object) -> None:
    with transaction(SYSTEM_SCOPE) as session:
        session.execute(
            insert(CustomerReading)
            .values(customer_id=customer_id, **values)
            .on_conflict_do_update(index_elements=["customer_id"], set_=values)
        )
