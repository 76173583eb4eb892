"""The form of the marketplace options."""

from typing import Any
from zoneinfo import available_timezones

from babel.numbers import list_currencies
from wtforms import BooleanField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from app.domain.languages import Language
from app.services.marketplace_options import Marketplace
from app.web.countries import country_choices
from app.web.forms import BaseForm, choice
from app.web.number_fields import DecimalText


class MarketplaceOptionsForm(BaseForm):
    name = StringField("Name", [DataRequired("Enter a name."), Length(max=80)])
    shows_vat = BooleanField("Show prices with VAT")
    viewers_may_switch_vat = BooleanField("Viewers may switch between with and without VAT")
    country = SelectField("Country")
    currency = SelectField("Currency")
    timezone = SelectField("Time zone")
    language = SelectField(
        "Language", choices=[choice(each.value, each.label) for each in Language]
    )
    needs_approval = BooleanField("Orders of new end customers need the reseller's approval")
    quote_hours = IntegerField("Hours that a quoted price holds", [InputRequired("Enter hours.")])
    largest_order = DecimalText(
        "Largest order", validators=[Optional()], wrong="Enter an amount such as 50000.", places=2
    )
    payment_days = IntegerField("Days to pay an invoice", [InputRequired("Enter days.")])
    holds_invoices = BooleanField("Hold invoices until everything is synchronized")
    terms = TextAreaField("Terms", [Length(max=10_000, message="Use at most 10,000 characters.")])

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.country.choices = [choice(code, name) for code, name in country_choices()]
        self.currency.choices = [choice(code, code) for code in sorted(list_currencies())]
        self.timezone.choices = [choice(name, name) for name in sorted(available_timezones())]

    def wanted(self) -> Marketplace:
        """What the form says."""
        return Marketplace(
            name=self.name.data or "",
            shows_vat=self.shows_vat.data,
            viewers_may_switch_vat=self.viewers_may_switch_vat.data,
            country=self.country.data,
            currency=self.currency.data,
            timezone=self.timezone.data,
            language=Language(self.language.data),
            needs_approval=self.needs_approval.data,
            quote_hours=self.quote_hours.data or 0,
            terms=self.terms.data or "",
            largest_order=self.largest_order.data,
            payment_days=-1 if self.payment_days.data is None else self.payment_days.data,
            holds_invoices=self.holds_invoices.data,
        )
