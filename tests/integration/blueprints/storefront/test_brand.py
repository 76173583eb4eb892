"""White label: name, logo and hue of a reseller, of the marketplace, and who sees which."""

import io

import pytest
import sqlalchemy as sa

from app.database import transaction
from app.domain.access import Role
from app.domain.brand import fill_colour
from app.domain.mail import MailKind
from app.domain.orders import OrderStatus
from app.models import Mail, Order
from app.services.mail_rendering import as_sent
from app.services.mail_spread import spread_notices
from app.services.notices import tell
from tests import factories
from tests.factories import AccountFactory, OrderFactory, UserFactory, viewer_of
from tests.integration.services.buyers import change
from tests.support.html import page, words
from tests.support.pictures import opened, picture


@pytest.fixture
def northwind(app):
    return AccountFactory(reseller_account=True, name="Northwind")


@pytest.fixture
def aegean(northwind):
    return AccountFactory.customer_of(northwind, name="Aegean")


@pytest.fixture
def administrator(sign_in, northwind):
    return sign_in(UserFactory(account=northwind))


def save(client, path="/brand/", *, logo=None, **fields):
    data = {"name": "", "hue": "", "save": "yes", **fields}
    if logo is not None:
        data["logo"] = (io.BytesIO(logo), "logo.png")
    return client.post_form(path, data, content_type="multipart/form-data")


def look(client, path="/"):
    """The name, the hue and the logo's address of a page."""
    found = page(client.get(path))
    brand = found.select_one(".brand")
    styles = [link["href"] for link in found.select('link[rel="stylesheet"]')]
    hues = [style.partition("hue=")[2] for style in styles if "hue=" in style]
    logo = brand.select_one("img.logo")
    return words(brand.select_one(".name")), hues[0] if hues else None, logo and logo["src"]


def test_a_reseller_gives_its_people_and_customers_its_own_look(
    client, sign_in, administrator, aegean
):
    answer = save(administrator, name="North  Cloud", hue="150", logo=picture())

    assert answer.status_code == 303
    name, hue, logo = look(administrator)
    assert (name, hue) == ("North Cloud", "150")
    file = administrator.get(logo)
    assert (file.mimetype, opened(file.get_data()).size) == ("image/png", (360, 120))
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in file.headers["Cache-Control"]
    sign_in(UserFactory(account=aegean))
    assert look(client) == ("North Cloud", "150", logo)
    assert "North Cloud" in words(page(client.get("/")).title)


def test_nobody_else_sees_it(client, sign_in, administrator):
    save(administrator, name="North Cloud", hue="150")
    foreign = AccountFactory.customer_of(AccountFactory(reseller_account=True))

    for account in (AccountFactory(), foreign):
        sign_in(UserFactory(account=account))
        assert look(client) == ("Entrepot", None, None)
    sign_in(UserFactory(staff=True))
    assert look(client, "/bss/") == ("Entrepot BSS", None, None)


def test_the_marketplaces_look_is_everybodys_but_where_a_reseller_has_its_own(
    app, client, sign_in, northwind, administrator
):
    staff = sign_in(UserFactory(staff=True), into=app.test_client())
    assert save(staff, "/bss/setup/brand/", hue="30", logo=picture()).status_code == 303
    name, hue, marketplaces_logo = look(administrator)
    assert (name, hue) == ("Entrepot", "30")
    assert marketplaces_logo

    save(administrator, name="North Cloud")
    assert look(administrator) == ("North Cloud", "30", None)
    sign_in(UserFactory(account=AccountFactory()))
    assert look(client) == ("Entrepot", "30", marketplaces_logo)


def test_a_new_logo_has_another_address_and_it_can_be_taken_away(administrator):
    save(administrator, logo=picture())
    first = look(administrator)[2]
    save(administrator, logo=picture(size=(10, 10)))
    second = look(administrator)[2]
    save(administrator, hue="7")
    kept = look(administrator)[2]
    save(administrator, removes_logo="y")

    assert len({first, second}) == 2
    assert kept == second
    assert look(administrator)[2] is None
    assert administrator.get(first).status_code == 404


def test_the_style_sheet_holds_one_property_and_needs_no_inline_style(client):
    answer = client.get("/brand/style?hue=210")

    assert (answer.mimetype, answer.text.strip()) == ("text/css", ":root{--brand-h:210}")
    assert "immutable" in answer.headers["Cache-Control"]
    assert "style-src 'self';" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("hue", ["", "360", "-1", "1.5", "007", "a", "1}body{display:none"])
def test_a_style_sheet_for_no_hue_does_not_exist(client, hue):
    assert client.get("/brand/style", query_string={"hue": hue}).status_code == 404


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"hue": "360"}, "hue"),
        ({"hue": "-1"}, "hue"),
        ({"hue": "abc"}, "hue"),
        ({"name": "x" * 61}, "name"),
        ({"logo": b"<svg/>"}, "logo"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(administrator, fields, field):
    answer = save(administrator, **fields)

    assert answer.status_code == 422
    assert page(answer).select_one(f"#{field}-error")
    assert look(administrator) == ("Entrepot", None, None)


def test_a_form_without_its_button_changes_nothing(administrator):
    save(administrator, name="North Cloud")

    assert administrator.post_form("/brand/", {}).status_code == 422
    assert look(administrator)[0] == "North Cloud"


@pytest.mark.parametrize("role", [Role.BILLING, Role.BUYER, Role.VIEWER])
def test_other_roles_and_other_accounts_may_not(client, sign_in, northwind, aegean, role):
    for user in (UserFactory(account=northwind, role=role), UserFactory(account=aegean)):
        sign_in(user)
        assert client.get("/brand/").status_code == 403
        assert "/brand/" not in client.get("/").text


# ------------------------------------------------------------------------- before signing in


def test_the_sign_in_page_looks_like_what_was_signed_in_to(app, administrator, aegean, sign_in):
    save(administrator, name="North Cloud", hue="150", logo=picture())
    browser = sign_in(UserFactory(account=aegean), into=app.test_client())
    assert browser.get("/landing").status_code == 303
    with browser.session_transaction() as cookie:
        cookie.clear()

    name, hue, logo = look(browser, "/login")

    assert (name, hue) == ("North Cloud", "150")
    assert browser.get(logo).status_code == 200
    assert look(app.test_client(), "/login") == ("Entrepot", None, None)


@pytest.mark.parametrize("brand", ["", "abc", "9f0cc5d5-7f3d-4e52-8f56-2e1e2a4f8a11"])
def test_an_unknown_brand_is_the_marketplaces(client, brand):
    client.set_cookie("brand", brand)

    assert look(client, "/login")[0] == "Entrepot"


# ------------------------------------------------------------------------------------ mails


@pytest.mark.usefixtures("app_context")
def test_customers_read_their_resellers_name_in_mails_the_reseller_the_marketplaces(
    app, administrator, northwind, aegean
):
    save(administrator, name="North Cloud", hue="150")
    buyer = viewer_of(UserFactory(account=aegean))
    order = OrderFactory(account=aegean, placed_by_id=buyer.user_id)
    for kind, status in (
        (MailKind.ORDER_CONFIRMATION, OrderStatus.EXECUTED),
        (MailKind.APPROVAL_WANTED, OrderStatus.PENDING_APPROVAL),
        (MailKind.ORDER_DECLINED, OrderStatus.DECLINED),
    ):
        change(order, status=status)
        with transaction(factories.SYSTEM_SCOPE) as session:
            tell(session, kind, session.get_one(Order, order.id), order.id)
        spread_notices()

    sent = {
        mail.account_id: as_sent(mail, app.extensions["mail_room"])
        for mail in factories.session.scalars(sa.select(Mail))
    }

    assert "North Cloud" in sent[aegean.id].text
    assert f"background:{fill_colour(150)}" in sent[aegean.id].html
    assert "North Cloud" not in sent[northwind.id].text
    assert "Entrepot" in sent[northwind.id].text
