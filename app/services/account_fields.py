"""Back office: what an account's form holds, checked and turned into what is kept."""

from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

import sqlalchemy as sa
from babel import Locale
from babel.numbers import list_currencies
from sqlalchemy.orm import Session

from app.domain.access import AccountKind
from app.domain.errors import InvalidError
from app.domain.languages import Language
from app.domain.mail import is_address
from app.domain.sentences import said
from app.models import Account, PriceList
from app.services.account_names import account_called
from app.services.vat_numbers import EU_COUNTRIES, read_vat_number

_LONGEST = 200
_COUNTRIES = frozenset(
    code
    for code in map(str, Locale("en").territories)
    if len(code) == 2 and code.isalpha()  # noqa: PLR2004  # alpha-2
)
LABELS = {
    "name": said("Name"),
    "legal_name": said("Legal name"),
    "email": said("E-mail address"),
    "address": said("Address"),
    "city": said("City"),
    "country": said("Country"),
    "vat_number": "VAT number",
    "is_tax_exempt": said("Exempt from VAT"),
    "currency": said("Currency"),
    "price_list_id": said("Price list"),
    "reseller": said("Reseller"),
    "needs_approval": said("Orders need the reseller's approval"),
    "may_order": said("May order"),
    "is_active": said("Active"),
    "microsoft_tenant_id": said("Microsoft tenant ID"),
    "microsoft_domain": said("Microsoft domain"),
    "language": said("Language of documents"),
    "timezone": said("Time zone"),
}
_TEXTS = ("name", "legal_name", "email", "address", "city", "microsoft_domain")


@dataclass(frozen=True, kw_only=True)
class AccountFields:
    """As typed. `reseller` is a name or a number, of an end customer alone; empty text is none."""

    name: str
    legal_name: str
    email: str
    address: str
    city: str
    country: str
    vat_number: str
    is_tax_exempt: bool
    currency: str
    price_list_id: UUID | None
    reseller: str
    needs_approval: bool
    may_order: bool
    is_active: bool
    microsoft_tenant_id: str
    microsoft_domain: str
    language: Language
    timezone: str


def fields_of(account: Account, reseller_name: str | None) -> AccountFields:
    """What the form begins with."""
    kept = {name: getattr(account, name) for name in LABELS if name != "reseller"}
    texts = {name: kept[name] or "" for name in (*_TEXTS, "vat_number", "microsoft_tenant_id")}
    return AccountFields(**{**kept, **texts, "reseller": reseller_name or ""})


def check_fields(
    session: Session, kind: AccountKind, wanted: AccountFields, before: AccountFields | None
) -> dict[str, Any]:
    """What is to be stored, column → value. Raises InvalidError with the field that is wrong.

    A VAT number that stands there already (`before`) is not judged again.
    """
    texts: dict[str, Any] = {name: _text(wanted, name) for name in _TEXTS}
    wanted = replace(wanted, **texts)
    if not wanted.name:
        raise InvalidError("Enter a name.", field="name")
    if wanted.email and not is_address(wanted.email):
        raise InvalidError("Enter an e-mail address, such as name@example.com.", field="email")
    _check_choices(wanted)
    values = {name: value for name, value in asdict(wanted).items() if name != "reseller"}
    values |= {name: values[name] or None for name in _TEXTS if name != "name"}
    values["needs_approval"] = wanted.needs_approval and kind is AccountKind.END_CUSTOMER
    values["vat_number"] = _vat_number(wanted, before)
    values["microsoft_tenant_id"] = _tenant(session, wanted.microsoft_tenant_id, before)
    values["price_list_id"] = _price_list(session, wanted.price_list_id)
    values["reseller_id"] = _reseller(session, kind, wanted.reseller, before)
    return values


def _text(wanted: AccountFields, name: str) -> str:
    value = " ".join(str(getattr(wanted, name)).split())
    if len(value) > _LONGEST:
        raise InvalidError("Use at most %(longest)s characters.", longest=_LONGEST, field=name)
    return value


def _check_choices(wanted: AccountFields) -> None:
    if wanted.country not in _COUNTRIES:
        raise InvalidError("Choose a country.", field="country")
    if wanted.currency not in list_currencies():
        raise InvalidError("Choose a currency.", field="currency")
    if wanted.timezone not in available_timezones():
        raise InvalidError("Choose a time zone such as Europe/Athens.", field="timezone")


def _vat_number(wanted: AccountFields, before: AccountFields | None) -> str | None:
    typed = wanted.vat_number.strip()
    is_kept = before and (typed, wanted.country) == (before.vat_number, before.country)
    if not typed or is_kept:
        return typed or None
    if len(typed) > _LONGEST or (number := read_vat_number(wanted.country, typed)) is None:
        if wanted.country in EU_COUNTRIES:
            raise InvalidError(
                "“%(typed)s” is no VAT number of the European Union for this country: the"
                " country's letters or the check digits are wrong. Look at it again, or leave it"
                " empty.",
                typed=typed[:40],
                field="vat_number",
            )
        raise InvalidError(
            "“%(typed)s” is no VAT number for this country: the country's letters or the check"
            " digits are wrong. Look at it again, or leave it empty.",
            typed=typed[:40],
            field="vat_number",
        )
    return number


def _tenant(session: Session, typed: str, before: AccountFields | None) -> str | None:
    typed = typed.strip().lower()
    if not typed or (before and typed == before.microsoft_tenant_id.lower()):
        return (before.microsoft_tenant_id if before and typed else typed) or None
    if not _is_guid(typed):
        raise InvalidError(
            "Enter a full tenant ID, 36 characters. This one has %(typed)s.",
            typed=len(typed),
            field="microsoft_tenant_id",
        )
    query = sa.select(Account.name).where(sa.func.lower(Account.microsoft_tenant_id) == typed)
    if (owner := session.scalar(query.limit(1))) is not None:
        raise InvalidError(
            "%(owner)s has this tenant already.", owner=owner, field="microsoft_tenant_id"
        )
    return typed


def _is_guid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _price_list(session: Session, price_list_id: UUID | None) -> UUID | None:
    if price_list_id is not None and session.get(PriceList, price_list_id) is None:
        raise InvalidError("Choose a price list.", field="price_list_id")
    return price_list_id


def _reseller(
    session: Session, kind: AccountKind, typed: str, before: AccountFields | None
) -> UUID | None:
    if kind is not AccountKind.END_CUSTOMER:
        return None
    if not typed.strip():
        raise InvalidError("An end customer needs its reseller.", field="reseller")
    reseller = account_called(session, typed, field="reseller")
    if reseller.kind is not AccountKind.RESELLER:
        raise InvalidError("%(name)s is no reseller.", name=reseller.name, field="reseller")
    is_new = before is None or typed != before.reseller
    if is_new and not reseller.is_active:
        raise InvalidError("%(name)s is not active.", name=reseller.name, field="reseller")
    return reseller.id
