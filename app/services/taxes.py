"""Back office: VAT rates by country and kind of product."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from app.database import reading, transaction
from app.domain.access import Permission, Viewer
from app.domain.assets import AssetKind
from app.domain.audit import AuditEvent
from app.domain.errors import InvalidError, NotAllowedError, NotFoundError
from app.models import Account, TaxRule
from app.services.audit import NOTHING, Subject, audit

log = structlog.get_logger(__name__)

_HIGHEST = Decimal(100)


@dataclass(frozen=True, kw_only=True)
class TaxRuleRow:
    """`product_kind` None stands for every kind; `accounts` live in the country."""

    id: UUID
    country: str  # ISO 3166 alpha-2
    product_kind: AssetKind | None
    rate: Decimal  # per cent
    accounts: int


@dataclass(frozen=True, kw_only=True)
class TaxRuleEdit:
    country: str
    product_kind: AssetKind | None
    rate: Decimal


@dataclass(frozen=True, kw_only=True)
class TaxRules:
    """`uncovered` are the countries of accounts that no rule covers: nobody there can buy."""

    rows: tuple[TaxRuleRow, ...]
    uncovered: tuple[tuple[str, int], ...]


def list_tax_rules(viewer: Viewer) -> TaxRules:
    """Every rule by country, in two statements."""
    session = reading(viewer.scope)
    rules = session.execute(
        sa.select(TaxRule, _count_accounts()).order_by(
            TaxRule.country, TaxRule.product_kind.nulls_first()
        )
    )
    uncovered = session.execute(
        sa.select(Account.country, sa.func.count())
        .where(
            Account.is_tax_exempt.is_(False),
            ~sa.exists().where(TaxRule.country == Account.country),
        )
        .group_by(Account.country)
        .order_by(Account.country)
    )
    return TaxRules(
        rows=tuple(_row(rule, accounts) for rule, accounts in rules),
        uncovered=tuple((country, accounts) for country, accounts in uncovered),
    )


def get_tax_rule(viewer: Viewer, rule_id: UUID) -> TaxRuleRow:
    query = sa.select(TaxRule, _count_accounts()).where(TaxRule.id == rule_id)
    found = reading(viewer.scope).execute(query).one_or_none()
    if found is None:
        raise NotFoundError
    return _row(*found)


def save_tax_rule(viewer: Viewer, edit: TaxRuleEdit, *, rule_id: UUID | None = None) -> UUID:
    """Add a rule, or change the one named. What was ordered before keeps its rate.

    Raises InvalidError for a rate that is none and for a second rule of the same country and kind.
    """
    _check_right(viewer)
    if not 0 <= edit.rate <= _HIGHEST:
        raise InvalidError("A VAT rate is between 0 and 100 %.", field="rate")
    with transaction(viewer.scope) as session:
        rule = _locked(session, rule_id) if rule_id else TaxRule(id=uuid4())
        if _other_rule(session, edit, rule.id):
            raise InvalidError("There is a rule for this country and kind.", field="country")
        before = _values(rule) if rule_id else {}
        rule.country, rule.product_kind, rule.rate = edit.country, edit.product_kind, edit.rate
        session.add(rule)
        saved_id = rule.id
        change = (before, _values(rule))
        audit(session, viewer, AuditEvent.TAX_RULE_SAVED, _subject(rule), change=change)
    log.info("taxes.saved", country=edit.country, rate=str(edit.rate), actor=viewer.email)
    return saved_id


def delete_tax_rule(viewer: Viewer, rule_id: UUID) -> None:
    """Take a rule away. A country that has none left is not sold to any more."""
    _check_right(viewer)
    with transaction(viewer.scope) as session:
        rule = _locked(session, rule_id)
        country = rule.country
        change = (_values(rule), NOTHING)
        audit(session, viewer, AuditEvent.TAX_RULE_REMOVED, _subject(rule), change=change)
        session.delete(rule)
    log.info("taxes.deleted", country=country, actor=viewer.email)


def _values(rule: TaxRule) -> dict[str, Any]:
    return {"country": rule.country, "product_kind": rule.product_kind, "rate": rule.rate}


def _subject(rule: TaxRule) -> Subject:
    return Subject(kind="tax rule", name=rule.country, id=rule.id)


def _row(rule: TaxRule, accounts: int) -> TaxRuleRow:
    return TaxRuleRow(
        id=rule.id,
        country=rule.country,
        product_kind=rule.product_kind,
        rate=rule.rate,
        accounts=accounts,
    )


def _count_accounts() -> sa.ScalarSelect[int]:
    counted = sa.select(sa.func.count()).select_from(Account)
    return counted.where(Account.country == TaxRule.country).scalar_subquery()


def _locked(session: Session, rule_id: UUID) -> TaxRule:
    rule = session.get(TaxRule, rule_id, with_for_update=True)
    if rule is None:
        raise NotFoundError
    return rule


def _other_rule(session: Session, edit: TaxRuleEdit, own_id: UUID) -> bool:
    """Two at once wait for each other here, so that the second is told as anybody is."""
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext("tax rules"))))
    same = sa.exists().where(
        TaxRule.country == edit.country,
        TaxRule.product_kind.is_not_distinct_from(edit.product_kind),
        TaxRule.id != own_id,
    )
    return bool(session.scalar(sa.select(same)))


def _check_right(viewer: Viewer) -> None:
    if not viewer.may(Permission.MANAGE_PRICES):
        raise NotAllowedError("Your role reads taxes; it does not change them.")
