"""The forms of the provisioning desk. Each has a prefix: they stand on one page."""

from decimal import Decimal
from typing import Any

from wtforms import BooleanField, DecimalField, HiddenField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.domain.purchase_guards import SpendLimits
from app.web.forms import BaseForm

_MOST = 999_999_999_999
_LONGEST_REASON, _LONGEST_CODE = 500, 200


class Amount(DecimalField):
    """A cost, or nothing for no limit. More decimals than money has are refused."""

    def __init__(self, label: str, **options: Any) -> None:
        reach = NumberRange(
            min=0, max=_MOST, message="Enter an amount of 0 or more, or nothing for no limit."
        )
        super().__init__(label, places=2, validators=[Optional(), reach], **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        text = "".join(valuelist).strip()
        try:
            super().process_formdata([text] if text else [])
        except ValueError as error:
            raise ValueError("Write an amount such as 5000 or 5000.50.") from error
        if self.data is not None and not self.data.is_finite():
            self.data = None
            raise ValueError("Write an amount such as 5000 or 5000.50.")


class ReasonForm(BaseForm):
    """Pause, resume: whoever switches says why."""

    reason = StringField(
        "Reason",
        validators=[
            InputRequired("Say why, for those who come after you."),
            Length(max=_LONGEST_REASON),
        ],
    )


class ResendingForm(ReasonForm):
    resends = BooleanField("Send an unanswered checkout again, with the same cart")


class LimitsForm(BaseForm):
    currency = StringField("Currency of our costs", validators=[Length(min=3, max=3)])
    four_eyes_above = Amount("Two people approve a purchase above")
    per_account = Amount("Each account, in an hour")
    altogether = Amount("All accounts together, in an hour")

    def limits(self) -> SpendLimits:
        amounts: dict[str, Decimal | None] = {
            name: self[name].data for name in ("four_eyes_above", "per_account", "altogether")
        }
        return SpendLimits(currency=self.currency.data or "", **amounts)


class AccountLimitForm(BaseForm):
    amount = Amount("This account, in an hour")


class GroupForm(BaseForm):
    """One group of failed purchases: its code, or none where none was given."""

    code = HiddenField("Code", validators=[Length(max=_LONGEST_CODE)])


class AnswerForm(BaseForm):
    """Yes or no to a purchase that waits. A no says why."""

    reason = StringField("Reason", validators=[Length(max=_LONGEST_REASON)])
