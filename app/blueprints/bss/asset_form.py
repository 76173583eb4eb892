"""The edit form of an asset."""

from typing import Any
from uuid import UUID

from wtforms import IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, ValidationError
from wtforms.widgets import HiddenInput

from app.services.asset_editing import AssetEdit
from app.services.asset_form import AssetToEdit
from app.web.forms import BaseForm, choice

_DAMAGED = "This page is damaged. Reload it and try again."
_MOST_FIELDS, _LONGEST_FIELD_NAME, _LONGEST_FIELD_VALUE = 30, 60, 500
_MOST_TAGS, _LONGEST_TAG = 20, 40


class CustomFields(TextAreaField):
    """One "name: value" on each line; `.data` is a dict."""

    data: dict[str, str]  # type: ignore[assignment]  # WTForms thinks of text

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = {}
        lines = (line.strip() for line in "".join(valuelist).replace("\x00", "").splitlines())
        for line in filter(None, lines):
            name, colon, value = (part.strip() for part in line.partition(":"))
            if not (name and colon):
                raise ValueError(f"Write each field as “name: value”. This line is not: {line}")
            if name in self.data:
                raise ValueError(f"The field {name} stands here twice.")
            self.data[name] = value
        _check_custom_fields(self.data)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "\n".join(f"{name}: {value}" for name, value in (self.data or {}).items())


class Tags(StringField):
    """Words with commas between them; `.data` is a list without doubles."""

    data: list[str]  # type: ignore[assignment]  # WTForms thinks of text

    def process_formdata(self, valuelist: list[str]) -> None:
        words = (word.strip() for word in "".join(valuelist).replace("\x00", "").split(","))
        self.data = list(dict.fromkeys(filter(None, words)))
        if len(self.data) > _MOST_TAGS:
            raise ValueError(f"Use at most {_MOST_TAGS} tags.")
        if too_long := next((tag for tag in self.data if len(tag) > _LONGEST_TAG), None):
            raise ValueError(f"A tag has at most {_LONGEST_TAG} characters: shorten {too_long}.")

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else ", ".join(self.data or [])


class WholeNumber(IntegerField):
    """`wrong` is said of anything else."""

    def __init__(self, label: str = "", *, wrong: str, **options: Any) -> None:
        super().__init__(label, **options)
        self.wrong = wrong

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(self.wrong) from error


class PlanOfAccount(SelectField):
    """The service judges whose plan it is; `.data` is a UUID."""

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label, coerce=_as_id, validate_choice=False, **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("Choose an Azure plan of this account.") from error


class AssetForm(BaseForm):
    """Shape only. Which fields are open, and what they may hold, the service says."""

    version = WholeNumber(wrong=_DAMAGED, widget=HiddenInput())
    name = StringField(
        "Name",
        [DataRequired("Enter a name."), Length(max=200, message="Use at most 200 characters.")],
    )
    quantity = WholeNumber("Quantity", wrong="Enter a whole number.")
    subscription_id = PlanOfAccount("Azure plan")
    custom_fields = CustomFields("Custom fields")
    tags = Tags("Tags")
    notes = TextAreaField(
        "Notes", [Optional(), Length(max=4000, message="Use at most 4,000 characters.")]
    )

    def __init__(self, shown: AssetToEdit, **options: Any) -> None:
        asset = shown.asset
        plan_id = asset.reservation.subscription_id if asset.reservation else None
        super().__init__(
            version=asset.version,
            name=asset.name,
            quantity=asset.price.quantity,
            subscription_id=plan_id,
            custom_fields=dict(asset.custom_fields),
            tags=list(asset.tags),
            notes=asset.notes,
            **options,
        )
        self.subscription_id.choices = [choice(str(plan.id), plan.label) for plan in shown.plans]

    def validate(self, extra_validators: Any = None) -> bool:
        """Fields that were not sent were not offered: nothing is asked of them."""
        for name in ("name", "quantity", "subscription_id"):
            if not self[name].raw_data:
                self[name].validators = []
                self[name].process_errors = []
        return bool(super().validate(extra_validators))

    def validate_version(self, field: IntegerField) -> None:
        if field.data is None:
            raise ValidationError(_DAMAGED)

    def edit(self) -> AssetEdit:
        """What was sent."""
        return AssetEdit(
            version=self.version.data or 0,
            name=self._sent("name"),
            quantity=self._sent("quantity"),
            subscription_id=self._sent("subscription_id"),
            custom_fields=self._sent("custom_fields"),
            tags=self._sent("tags"),
            notes=self._sent("notes"),
        )

    def _sent(self, name: str) -> Any:
        return self[name].data if self[name].raw_data else None

    def continue_from(self, version: int) -> None:
        """Keep what was typed, to be saved over what stands now."""
        self.version.raw_data = None
        self.version.data = version


def _as_id(value: object) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))


def _check_custom_fields(fields: dict[str, str]) -> None:
    if len(fields) > _MOST_FIELDS:
        raise ValueError(f"Use at most {_MOST_FIELDS} custom fields.")
    for name, value in fields.items():
        if len(name) > _LONGEST_FIELD_NAME or len(value) > _LONGEST_FIELD_VALUE:
            raise ValueError(
                f"A name has at most {_LONGEST_FIELD_NAME} characters, a value"
                f" {_LONGEST_FIELD_VALUE}: shorten {name[:_LONGEST_FIELD_NAME]}."
            )
