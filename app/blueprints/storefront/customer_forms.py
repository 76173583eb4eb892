"""The forms of what a reseller agrees with its customers."""

from decimal import Decimal

from wtforms import SelectField
from wtforms.validators import Optional

from app.domain.sentences import said
from app.services.customer_terms import AgreedTerms
from app.services.customers import Terms
from app.web.forms import BaseForm, choice
from app.web.number_fields import DecimalText, percent_field

_WRONG = "Enter a percentage, such as 12.5."


class TermsForm(BaseForm):
    """Choices instead of boxes: a form that was not filled in changes nothing."""

    markup = DecimalText("Markup (%)", wrong=_WRONG, places=2, validators=[Optional()])
    prices = SelectField(
        "Prices",
        choices=[
            choice("shown", said("Shown to this customer")),
            choice("hidden", said("Hidden from this customer")),
        ],
    )
    orders = SelectField(
        "Orders of this customer",
        choices=[
            choice("approved", said("Wait for your approval")),
            choice("direct", said("Are executed at once")),
        ],
    )

    @classmethod
    def showing(cls, terms: Terms) -> "TermsForm":
        return cls(
            formdata=None,
            markup=terms.own_markup,
            prices="hidden" if terms.hides_prices else "shown",
            orders="approved" if terms.needs_approval else "direct",
        )

    def agreed(self) -> AgreedTerms:
        return AgreedTerms(
            markup=self.markup.data,
            hides_prices=self.prices.data == "hidden",
            needs_approval=self.orders.data == "approved",
        )


class DefaultMarkupForm(BaseForm):
    markup = percent_field("Default markup (%)")

    @classmethod
    def showing(cls, markup: Decimal) -> "DefaultMarkupForm":
        return cls(formdata=None, markup=markup)
