"""The form of an account."""

from dataclasses import asdict
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from babel.numbers import list_currencies
from wtforms import BooleanField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired

from app.domain.access import AccountKind
from app.domain.languages import Language
from app.domain.sentences import said
from app.services.account_editing import NEW_KINDS, AccountToEdit, BlankAccount
from app.services.account_fields import LABELS, AccountFields
from app.web.countries import country_choices
from app.web.forms import BaseForm, choice


class AccountForm(BaseForm):
    """A field that cannot change any more is shown as a fact; sent all the same, it is judged."""

    name = StringField("Name")
    legal_name = StringField("Legal name")
    email = StringField("E-mail address")
    address = TextAreaField("Address")
    city = StringField("City")
    country = SelectField("Country")
    vat_number = StringField("VAT number")
    is_tax_exempt = BooleanField("Exempt from VAT")
    currency = SelectField("Currency")
    price_list_id = SelectField("Price list")
    reseller = StringField("Reseller")
    needs_approval = BooleanField("Orders need the reseller's approval")
    may_order = BooleanField("May order")
    is_active = BooleanField("Active")
    microsoft_tenant_id = StringField("Microsoft tenant ID")
    microsoft_domain = StringField("Microsoft domain")
    language = SelectField(
        "Language of documents", choices=[choice(each.value, each.label) for each in Language]
    )
    timezone = SelectField("Time zone")
    version = HiddenField(validators=[InputRequired("This page is damaged. Reload it.")])

    def __init__(self, shown: AccountToEdit | BlankAccount, **options: Any) -> None:
        super().__init__(**options, **_begun(shown))
        self.country.choices = [choice(code, name) for code, name in country_choices()]
        self.currency.choices = [choice(code, code) for code in sorted(list_currencies())]
        self.timezone.choices = [choice(name, name) for name in sorted(available_timezones())]
        lists = [choice(str(key), name) for key, name in shown.price_lists]
        self.price_list_id.choices = [choice("", said("The default")), *lists]
        if isinstance(shown, BlankAccount):
            del self.version
        elif shown.kind is not AccountKind.END_CUSTOMER:
            del self.reseller, self.needs_approval

    def continue_from(self, version: str) -> None:
        """What was typed stays; the next save is compared with what stands now."""
        self.version.data = version

    def fields(self) -> AccountFields:
        """What was typed; of a field that was not sent what stands now."""
        typed: dict[str, Any] = {name: self[name].data if name in self else "" for name in LABELS}
        chosen = typed["price_list_id"]
        typed |= {
            "needs_approval": bool(typed["needs_approval"]),
            "price_list_id": UUID(chosen) if chosen else None,
            "language": Language(typed["language"]),
        }
        return AccountFields(**typed)


class NewAccountForm(AccountForm):
    kind = SelectField(
        "Kind of account", choices=[choice(kind.value, kind.label) for kind in NEW_KINDS]
    )


def _begun(shown: AccountToEdit | BlankAccount) -> dict[str, Any]:
    """What the fields hold at first, as the options of the selects are written."""
    fields = shown.fields
    begun = {**asdict(fields), "price_list_id": str(fields.price_list_id or "")}
    begun["language"] = fields.language.value
    return begun | ({"version": shown.version} if isinstance(shown, AccountToEdit) else {})
