"""Brands: name, logo and one hue of the marketplace, and of resellers who want their own."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, aliased

from app.database import reading, transaction
from app.domain.access import SIGN_IN_SCOPE, AccountKind, Permission, Viewer
from app.domain.audit import AuditEvent
from app.domain.brand import HUES
from app.domain.errors import InvalidError, NotAllowedError, NotFoundError
from app.models import Account, Brand, MarketplaceOptions
from app.services.audit import Subject, audit

log = structlog.get_logger()

LONGEST_NAME = 60


@dataclass(frozen=True, kw_only=True)
class Logo:
    """Another version is another picture: a browser may keep this one for ever."""

    brand_id: UUID
    version: int


@dataclass(frozen=True, kw_only=True)
class ShownBrand:
    """What a page shows. None: the product's own hue, its own sign instead of a logo.

    `brand_id` names a reseller's brand, for the sign-in page of its people.
    """

    name: str
    hue: int | None = None
    logo: Logo | None = None
    brand_id: UUID | None = None


NO_BRAND = ShownBrand(name="Entrepot")


@dataclass(frozen=True, kw_only=True)
class BrandWish:
    """What a form says. `logo` is the file as it was sent; empty leaves the one there is."""

    name: str
    hue: int | None
    logo: bytes = b""
    removes_logo: bool = False


OWN, MARKETPLACES = aliased(Brand), aliased(Brand)
BRAND_COLUMNS = (OWN, MARKETPLACES, MarketplaceOptions.name.label("marketplace"))


def is_own() -> sa.ColumnElement[bool]:
    """Joins OWN: an end customer sees its reseller's brand."""
    return OWN.account_id == Account.tenant_id


def is_told_in_mails() -> sa.ColumnElement[bool]:
    """Joins OWN: a reseller deals with the marketplace, only its customers deal with it."""
    return sa.and_(is_own(), Account.kind == AccountKind.END_CUSTOMER)


def is_marketplaces() -> sa.ColumnElement[bool]:
    """Joins MARKETPLACES."""
    return MARKETPLACES.account_id.is_(None)


def shown_brand(own: Brand | None, marketplaces: Brand | None, marketplace: str) -> ShownBrand:
    """The reseller's, and the marketplace's where the reseller says nothing.

    Whoever goes by another name does not go by the marketplace's logo.
    """
    logo = _logo(own)
    if own is None or (logo is None and not own.name):
        logo = _logo(marketplaces)
    hues = (brand.hue for brand in (own, marketplaces) if brand and brand.hue is not None)
    return ShownBrand(
        name=(own and own.name) or marketplace,
        hue=next(hues, None),
        logo=logo,
        brand_id=own.id if own else None,
    )


def find_brand(brand_id: UUID | None) -> ShownBrand:
    """For whoever is not signed in; the marketplace's where the id leads nowhere.

    A page to sign in on is shown even where PostgreSQL does not answer.
    """
    query = (
        sa.select(*BRAND_COLUMNS)
        .select_from(MarketplaceOptions)
        .outerjoin(OWN, OWN.id == brand_id)
        .outerjoin(MARKETPLACES, is_marketplaces())
    )
    try:
        row = reading(SIGN_IN_SCOPE).execute(query).one()
    except OperationalError:
        return NO_BRAND
    return shown_brand(row[0], row[1], row.marketplace)


def brand_of_account(session: Session, account_id: UUID) -> ShownBrand:
    """What mails to the account's users say."""
    row = session.execute(
        sa.select(*BRAND_COLUMNS)
        .select_from(Account)
        .join(MarketplaceOptions, sa.true())
        .outerjoin(OWN, is_told_in_mails())
        .outerjoin(MARKETPLACES, is_marketplaces())
        .where(Account.id == account_id)
    ).one()
    return shown_brand(row[0], row[1], row.marketplace)


def get_logo(brand_id: UUID) -> bytes:
    """A PNG, for everybody. Raises NotFoundError."""
    query = sa.select(Brand.logo).where(Brand.id == brand_id, Brand.logo.is_not(None))
    logo = reading(SIGN_IN_SCOPE).scalar(query)
    if logo is None:
        raise NotFoundError
    return logo


def get_own_brand(viewer: Viewer) -> ShownBrand:
    """What was set, and no more: the reseller's, or for staff the marketplace's."""
    _check_may_manage(viewer)
    found = reading(viewer.scope).scalar(sa.select(Brand).where(_is_of(viewer)))
    if found is None:
        return ShownBrand(name="")
    return ShownBrand(name=found.name or "", hue=found.hue, logo=_logo(found), brand_id=found.id)


def save_brand(viewer: Viewer, wish: BrandWish) -> None:
    """Everybody's next page shows it. Raises InvalidError with the field that is wrong."""
    _check_may_manage(viewer)
    name = " ".join(wish.name.split())
    if len(name) > LONGEST_NAME:
        raise InvalidError(
            "Use at most %(longest)s characters.", longest=LONGEST_NAME, field="name"
        )
    if wish.hue is not None and wish.hue not in HUES:
        raise InvalidError("A hue is a whole number from 0 to 359.", field="hue")
    logo = _encoded(wish.logo) if wish.logo else None
    with transaction(viewer.scope) as session:
        brand = _locked(session, viewer)
        before = {"name": brand.name, "hue": brand.hue, "logo": brand.version}
        brand.name, brand.hue = name or None, wish.hue
        if logo or wish.removes_logo:
            brand.logo = logo
            brand.version += 1
        after = {"name": brand.name, "hue": brand.hue, "logo": brand.version}
        event = AuditEvent.BRAND_CHANGED
        audit(session, viewer, event, _about(viewer), change=(before, after))
    log.info("brand.saved", by=str(viewer.user_id), hue=wish.hue)


def _encoded(data: bytes) -> bytes:
    """Only who changes a logo waits for the library that reads pictures."""
    from app.services.logos import encoded_logo  # noqa: PLC0415

    return encoded_logo(data)


def _is_of(viewer: Viewer) -> sa.ColumnElement[bool]:
    if viewer.is_staff:
        return Brand.account_id.is_(None)
    return Brand.account_id == viewer.account_id


def _check_may_manage(viewer: Viewer) -> None:
    permission = Permission.ADMINISTER if viewer.is_staff else Permission.MANAGE_BRAND
    if not viewer.may(permission):
        raise NotAllowedError("Your role does not change how this looks.")


def _locked(session: Session, viewer: Viewer) -> Brand:
    """The row, made where there is none yet."""
    account_id = None if viewer.is_staff else viewer.account_id
    session.execute(
        insert(Brand).values(id=uuid4(), account_id=account_id).on_conflict_do_nothing()
    )
    return session.scalars(sa.select(Brand).where(_is_of(viewer)).with_for_update()).one()


def _about(viewer: Viewer) -> Subject:
    if viewer.is_staff:
        return Subject(kind="setup", name="Marketplace brand")
    account_id = viewer.account_id
    return Subject(kind="account", name=viewer.account_name, id=account_id, account_id=account_id)


def _logo(brand: Brand | None) -> Logo | None:
    if brand is None or not brand.has_logo:
        return None
    return Logo(brand_id=brand.id, version=brand.version)
