"""Who gets a mail, and the mail as a row."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.access import PERMISSIONS, Permission, Role, Viewer
from app.domain.brand import MARKETPLACE_HUE, fill_colour
from app.domain.languages import Language
from app.domain.mail import MailKind
from app.models import Account, Mail, MarketplaceOptions, OneTimeLink, User
from app.services import brands
from app.services.brands import ShownBrand


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """A person who may sign in, with what they may see."""

    viewer: Viewer
    tenant_id: UUID
    language: Language
    timezone: str
    brand: ShownBrand | None = None


def recipients(session: Session, *conditions: sa.ColumnElement[bool]) -> list[Recipient]:
    """The users that match, as far as they and their accounts are active."""
    rows = session.execute(
        sa.select(User, Account, *brands.BRAND_COLUMNS)
        .join(Account, Account.id == User.account_id)
        .join(MarketplaceOptions, sa.true())
        .outerjoin(brands.OWN, brands.is_told_in_mails())
        .outerjoin(brands.MARKETPLACES, brands.is_marketplaces())
        .where(User.is_active, Account.is_active, *conditions)
        .order_by(User.email)
    )
    return [
        recipient_of(user, account, brands.shown_brand(own, marketplaces, name))
        for user, account, own, marketplaces, name in rows
    ]


def roles_with(permission: Permission) -> list[Role]:
    return [role for role, held in PERMISSIONS.items() if permission in held]


def administrators_of(accounts: Collection[UUID]) -> sa.ColumnElement[bool]:
    return sa.and_(User.account_id.in_(accounts), User.role == Role.ADMINISTRATOR)


def mail_to(
    recipient: Recipient,
    kind: MailKind,
    facts: dict[str, Any],
    *,
    link: OneTimeLink | None = None,
) -> Mail:
    """The row; whoever made it adds it to a transaction."""
    viewer = recipient.viewer
    return Mail(
        kind=kind,
        account_id=viewer.account_id,
        tenant_id=recipient.tenant_id,
        to_address=viewer.email,
        to_name=viewer.name,
        language=recipient.language,
        timezone=recipient.timezone,
        facts={**facts, **_brand_facts(recipient.brand)},
        link_id=link.id if link else None,
        useless_after=link.ends_at if link else None,
    )


def _brand_facts(brand: ShownBrand | None) -> dict[str, str]:
    """Whose mail it is: the name at its foot, the colour of its button."""
    if brand is None:
        return {}
    hue = MARKETPLACE_HUE if brand.hue is None else brand.hue
    return {"marketplace": brand.name, "accent": fill_colour(hue)}


def recipient_of(user: User, account: Account, brand: ShownBrand | None = None) -> Recipient:
    return Recipient(
        viewer=Viewer(
            user_id=user.id,
            name=user.name,
            email=user.email,
            account_id=account.id,
            account_name=account.name,
            account_kind=account.kind,
            role=user.role,
            reseller_id=account.reseller_id,
        ),
        tenant_id=user.tenant_id,
        language=user.language or account.language,
        timezone=user.timezone or account.timezone,
        brand=brand,
    )
