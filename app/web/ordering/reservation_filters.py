"""The filters of the reservation wizard."""

from wtforms import SelectField

from app.domain.sentences import said
from app.services.reservation_wizard import FILTERS, Wizard
from app.web.forms import BaseForm, choice

_NONE_CHOSEN = {"region": said("Choose a region")}


class ReservationFilters(BaseForm):
    """Sent by GET: its values are those in force, whatever was sent."""

    class Meta(BaseForm.Meta):
        csrf = False

    type = SelectField("Reservation type")
    category = SelectField("Category")
    region = SelectField("Region")
    term = SelectField("Term")
    cores = SelectField("Cores")
    ram = SelectField("RAM")


def filters_of(wizard: Wizard) -> ReservationFilters:
    form = ReservationFilters(
        formdata=None, data={"type": wizard.reservation_type, **wizard.filters}
    )
    form.type.choices = [choice(name, name) for name in wizard.types]
    for name in FILTERS:
        offered = [choice(each.value, each.label) for each in wizard.choices.get(name, ())]
        form[name].choices = [choice("", _NONE_CHOSEN.get(name, said("Any"))), *offered]
    return form
