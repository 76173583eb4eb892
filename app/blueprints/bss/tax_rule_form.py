"""The form of a tax rule."""

from typing import Any

from wtforms import BooleanField, SelectField
from wtforms.validators import DataRequired

from app.domain.assets import AssetKind
from app.domain.sentences import said
from app.services.taxes import TaxRuleEdit, TaxRuleRow
from app.web.countries import country_choices
from app.web.forms import BaseForm, choice
from app.web.number_fields import percent_field

_EVERY_KIND = "every"


class TaxRuleForm(BaseForm):
    country = SelectField("Country")
    product_kind = SelectField(
        "Applies to",
        choices=[
            choice(_EVERY_KIND, said("Every product")),
            *(choice(kind.value, said(kind.label)) for kind in AssetKind),
        ],
    )
    rate = percent_field("VAT rate")

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.country.choices = [choice(code, name) for code, name in country_choices()]

    @classmethod
    def of(cls, rule: TaxRuleRow) -> "TaxRuleForm":
        """The form as the rule stands, under what was sent."""
        kind = rule.product_kind.value if rule.product_kind else _EVERY_KIND
        return cls(country=rule.country, product_kind=kind, rate=rule.rate)

    def edit(self) -> TaxRuleEdit:
        kind = self.product_kind.data
        return TaxRuleEdit(
            country=self.country.data,
            product_kind=None if kind == _EVERY_KIND else AssetKind(kind),
            rate=self.rate.data,
        )


class DeleteForm(BaseForm):
    """Deleting asks once more."""

    agrees = BooleanField("I want to delete it", [DataRequired("Tick this to delete it.")])
