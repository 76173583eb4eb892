"""Back office: price lists, what single products have other than their list, who has which."""

import datetime as dt
from dataclasses import asdict, dataclass
from decimal import Decimal
from uuid import UUID, uuid4

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from app.database import reading, transaction
from app.domain.access import Permission, Viewer
from app.domain.assets import account_number
from app.domain.audit import AuditEvent
from app.domain.errors import InvalidError, NotAllowedError, NotFoundError
from app.domain.pricing import Adjustment, AdjustmentKind
from app.models import Account, PriceList, PriceListLine, Product
from app.services.account_names import account_called
from app.services.audit import NOTHING, Subject, audit
from app.services.audit_subjects import of_account

log = structlog.get_logger(__name__)

_ACCOUNTS_SHOWN = 50
_HIGHEST_MARKUP = Decimal(1000)


@dataclass(frozen=True, kw_only=True)
class PriceListEdit:
    """`percent` is of the price for a margin, on top of the cost for a markup."""

    name: str
    is_default: bool
    adjustment_kind: AdjustmentKind
    percent: Decimal
    discount_percent: Decimal
    starts_on: dt.date | None
    ends_on: dt.date | None


@dataclass(frozen=True, kw_only=True)
class PriceListRow:
    id: UUID
    name: str
    is_default: bool
    adjustment_kind: AdjustmentKind
    percent: Decimal
    discount_percent: Decimal
    starts_on: dt.date | None
    ends_on: dt.date | None
    is_in_force: bool
    products: int  # that have something of their own
    accounts: int


@dataclass(frozen=True, kw_only=True)
class LineRow:
    product_id: UUID
    product_name: str
    adjustment_kind: AdjustmentKind
    percent: Decimal
    discount_percent: Decimal


@dataclass(frozen=True, kw_only=True)
class LineEdit:
    product_id: UUID
    adjustment_kind: AdjustmentKind
    percent: Decimal
    discount_percent: Decimal


@dataclass(frozen=True, kw_only=True)
class AssignedAccount:
    id: UUID
    number: str
    name: str


@dataclass(frozen=True, kw_only=True)
class PriceListView:
    """`accounts` are the first ones by name; `row.accounts` counts all."""

    row: PriceListRow
    lines: tuple[LineRow, ...]
    accounts: tuple[AssignedAccount, ...]
    products: tuple[tuple[UUID, str], ...]  # that could get something of their own


def list_price_lists(viewer: Viewer) -> list[PriceListRow]:
    """All of them, the default first, in one statement."""
    query = _rows().order_by(PriceList.is_default.desc(), PriceList.name)
    return [_row(*found) for found in reading(viewer.scope).execute(query)]


def get_price_list(viewer: Viewer, price_list_id: UUID) -> PriceListView:
    """Four statements."""
    session = reading(viewer.scope)
    found = session.execute(_rows().where(PriceList.id == price_list_id)).one_or_none()
    if found is None:
        raise NotFoundError
    lines = session.execute(
        sa.select(PriceListLine, Product.name)
        .join(Product, Product.id == PriceListLine.product_id)
        .where(PriceListLine.price_list_id == price_list_id)
        .order_by(Product.name)
    )
    accounts = session.execute(
        sa.select(Account.id, Account.number, Account.name)
        .where(Account.price_list_id == price_list_id)
        .order_by(Account.name, Account.id)
        .limit(_ACCOUNTS_SHOWN)
    )
    products = session.execute(sa.select(Product.id, Product.name).order_by(Product.name))
    return PriceListView(
        row=_row(*found),
        lines=tuple(_line_row(line, name) for line, name in lines),
        accounts=tuple(
            AssignedAccount(id=id_, number=account_number(number), name=name)
            for id_, number, name in accounts
        ),
        products=tuple((id_, name) for id_, name in products),
    )


def save_price_list(
    viewer: Viewer, edit: PriceListEdit, *, price_list_id: UUID | None = None
) -> UUID:
    """Add a price list, or change the one named. What was quoted or bought keeps its price.

    A new default takes the place of the old one. Raises InvalidError with the field that is wrong.
    """
    _check_right(viewer)
    _check_edit(edit)
    with transaction(viewer.scope) as session:
        _one_after_another(session)
        row = _locked(session, price_list_id) if price_list_id else PriceList(id=uuid4())
        _check_name(session, edit.name, row.id)
        if row.is_default and not edit.is_default:
            raise InvalidError(
                "One list has to be the default: make another one it.", field="is_default"
            )
        if edit.is_default and not row.is_default:
            session.execute(sa.update(PriceList).values(is_default=False))
        wanted = asdict(edit)
        before = {name: getattr(row, name) for name in wanted} if price_list_id else {}
        for name, value in wanted.items():
            setattr(row, name, value)
        session.add(row)
        saved_id = row.id
        change = (before, wanted)
        audit(session, viewer, AuditEvent.PRICE_LIST_SAVED, _subject(row), change=change)
    log.info("price_lists.saved", price_list=edit.name, actor=viewer.email)
    return saved_id


def save_line(viewer: Viewer, price_list_id: UUID, edit: LineEdit) -> None:
    """Give a product a margin or markup of its own in this list, or another one than it has."""
    _check_right(viewer)
    _check_percents(edit.adjustment_kind, edit.percent, edit.discount_percent)
    with transaction(viewer.scope) as session:
        _one_after_another(session)
        row = _locked(session, price_list_id)
        product = session.get(Product, edit.product_id)
        if product is None:
            raise InvalidError("Choose a product.", field="product_id")
        found = _find_line(session, price_list_id, edit.product_id)
        line = found or PriceListLine(price_list_id=price_list_id)
        wanted = asdict(edit)
        before = {name: getattr(line, name) for name in wanted} if found else {}
        for name, value in wanted.items():
            setattr(line, name, value)
        session.add(line)
        change = (before, wanted | {"product": product.name})
        audit(session, viewer, AuditEvent.PRICE_RULE_SAVED, _subject(row), change=change)


def remove_line(viewer: Viewer, price_list_id: UUID, product_id: UUID | None) -> None:
    """From now on the product follows its list. Removing it twice is removing it once."""
    _check_right(viewer)
    with transaction(viewer.scope) as session:
        row = _locked(session, price_list_id)
        line = _find_line(session, price_list_id, _named(product_id))
        if line is not None:
            session.delete(line)
            change = ({"product_id": product_id, "percent": line.percent}, NOTHING)
            audit(session, viewer, AuditEvent.PRICE_RULE_REMOVED, _subject(row), change=change)


def assign_account(viewer: Viewer, price_list_id: UUID, account: str) -> str:
    """Give an account this list; returns its name. `account` is its number or its exact name.

    The list it had before is replaced. Raises InvalidError where no account or several fit.
    """
    _check_right(viewer)
    with transaction(viewer.scope) as session:
        row = _locked(session, price_list_id)
        found = account_called(session, account, field="account")
        found.price_list_id = row.id
        change = (NOTHING, {"price_list": row.name})
        audit(session, viewer, AuditEvent.PRICE_LIST_ASSIGNED, of_account(found), change=change)
        return found.name


def unassign_account(viewer: Viewer, price_list_id: UUID, account_id: UUID | None) -> None:
    """Take the list away from an account: it follows its reseller or the default again."""
    _check_right(viewer)
    with transaction(viewer.scope) as session:
        row = _locked(session, price_list_id)
        account = session.scalar(
            sa.select(Account)
            .where(Account.id == _named(account_id), Account.price_list_id == price_list_id)
            .with_for_update()
        )
        if account is not None:
            account.price_list_id = None
            change = ({"price_list": row.name}, {"price_list": None})
            about = of_account(account)
            audit(session, viewer, AuditEvent.PRICE_LIST_ASSIGNED, about, change=change)


def _rows() -> sa.Select[PriceList, bool, int, int]:
    today = sa.func.current_date()
    is_in_force = sa.and_(
        sa.or_(PriceList.starts_on.is_(None), PriceList.starts_on <= today),
        sa.or_(PriceList.ends_on.is_(None), PriceList.ends_on >= today),
    )
    lines = sa.select(sa.func.count()).where(PriceListLine.price_list_id == PriceList.id)
    accounts = sa.select(sa.func.count()).where(Account.price_list_id == PriceList.id)
    return sa.select(PriceList, is_in_force, lines.scalar_subquery(), accounts.scalar_subquery())


def _row(price_list: PriceList, is_in_force: bool, lines: int, accounts: int) -> PriceListRow:  # noqa: FBT001  # the columns of _rows
    return PriceListRow(
        id=price_list.id,
        name=price_list.name,
        is_default=price_list.is_default,
        adjustment_kind=price_list.adjustment_kind,
        percent=price_list.percent,
        discount_percent=price_list.discount_percent,
        starts_on=price_list.starts_on,
        ends_on=price_list.ends_on,
        is_in_force=is_in_force,
        products=lines,
        accounts=accounts,
    )


def _line_row(line: PriceListLine, product_name: str) -> LineRow:
    return LineRow(
        product_id=line.product_id,
        product_name=product_name,
        adjustment_kind=line.adjustment_kind,
        percent=line.percent,
        discount_percent=line.discount_percent,
    )


def _check_edit(edit: PriceListEdit) -> None:
    _check_percents(edit.adjustment_kind, edit.percent, edit.discount_percent)
    if edit.starts_on and edit.ends_on and edit.ends_on < edit.starts_on:
        raise InvalidError("The last day is before the first.", field="ends_on")


def _check_percents(kind: AdjustmentKind, percent: Decimal, discount: Decimal) -> None:
    Adjustment(kind, percent)
    if percent > _HIGHEST_MARKUP:
        raise InvalidError(
            "A markup is at most %(highest_markup)s %%.",
            highest_markup=_HIGHEST_MARKUP,
            field="percent",
        )
    if not 0 <= discount <= 100:  # noqa: PLR2004  # per cent
        raise InvalidError("A discount is between 0 and 100 %.", field="discount_percent")


def _check_name(session: Session, name: str, own_id: UUID) -> None:
    same = sa.exists().where(sa.func.lower(PriceList.name) == name.lower(), PriceList.id != own_id)
    if session.scalar(sa.select(same)):
        raise InvalidError("Another price list has this name.", field="name")


def _find_line(session: Session, price_list_id: UUID, product_id: UUID) -> PriceListLine | None:
    return session.scalar(
        sa.select(PriceListLine).where(
            PriceListLine.price_list_id == price_list_id, PriceListLine.product_id == product_id
        )
    )


def _subject(row: PriceList) -> Subject:
    return Subject(kind="price list", name=row.name, id=row.id)


def _named(wanted_id: UUID | None) -> UUID:
    if wanted_id is None:
        raise InvalidError("This page is damaged. Reload it and try again.")
    return wanted_id


def _locked(session: Session, price_list_id: UUID) -> PriceList:
    row = session.get(PriceList, price_list_id, with_for_update=True)
    if row is None:
        raise NotFoundError
    return row


def _one_after_another(session: Session) -> None:
    """Of two who save at once the second sees what the first one did."""
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext("price lists"))))


def _check_right(viewer: Viewer) -> None:
    if not viewer.may(Permission.MANAGE_PRICES):
        raise NotAllowedError("Your role reads price lists; it does not change them.")
