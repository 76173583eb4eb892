"""Search among many assets: words by an index that row-level security allows."""

import pytest
import sqlalchemy as sa

from app.database import reading
from app.domain.access import SYSTEM_SCOPE
from app.models import Account, SearchWord
from app.services import asset_search
from app.services.asset_lists import AssetQuery, AssetSort, list_assets
from tests import factories
from tests.factories import AccountFactory, ReservationFactory, UserFactory, viewer_of

pytestmark = pytest.mark.usefixtures("app_context")


@pytest.fixture(params=["looked up", "too common to look up"], autouse=True)
def among_many(request, monkeypatch):
    """As among 100,000 assets, with rare words and with common ones."""
    monkeypatch.setattr(asset_search, "_FEW_ASSETS", 0)
    if request.param != "looked up":
        monkeypatch.setattr(asset_search, "_MOST_FOUND", 0)


@pytest.fixture
def reseller(app):
    return AccountFactory(reseller_account=True, name="Northwind Cloud")


@pytest.fixture
def aegean(reseller):
    return AccountFactory.customer_of(reseller, name="Aegean Foods S.A.")


def seen_by(account):
    return viewer_of(UserFactory(account=account))


def staff():
    return viewer_of(UserFactory(staff=True))


def found(viewer, q):
    query = AssetQuery(q=q, sort=AssetSort.NAME, descending=False)
    page = list_assets(viewer, query).page
    assert page.total == len(page.items)
    return [row.name for row in page.items]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("d2S_V5", ["Standard_D2s_v5, EU West"]),
        ("standard", ["Standard_D2s_v5, EU West", "Standard_E8s_v5, EU West"]),
        ("standard_d2s_v5,", ["Standard_D2s_v5, EU West"]),
        ("v5 eu west", ["Standard_D2s_v5, EU West", "Standard_E8s_v5, EU West"]),
        ("ast-000001", ["Standard_D2s_v5, EU West"]),
        ("helios", ["Standard_E8s_v5, EU West"]),
        ("standard HELIOS", ["Standard_E8s_v5, EU West"]),
        ("standard nobody", []),
        ("abc-1", ["Standard_D2s_v5, EU West"]),
        ("7F0B8F52-7d6e", ["Standard_E8s_v5, EU West"]),
        ("ΣΎΝΝΕΦΟ", ["100% σύννεφο"]),
        ("100% σύ", ["100% σύννεφο"]),
        ("'; --", []),
    ],
)
@pytest.mark.parametrize("who", ["reseller", "staff"])
def test_every_word_begins_a_word_of_the_asset_or_its_customer(reseller, aegean, q, expected, who):
    helios = AccountFactory.customer_of(reseller, name="Helios Clinics Ltd")
    ReservationFactory(account=aegean, name="Standard_D2s_v5, EU West", microsoft_order_id="ABC-1")
    ReservationFactory(
        account=helios,
        name="Standard_E8s_v5, EU West",
        microsoft_ids="7f0b8f52-7d6e-4c19-9a51-0c2f7a9d4e10",
    )
    ReservationFactory(account=aegean, name="100% σύννεφο")
    viewer = staff() if who == "staff" else seen_by(reseller)

    assert found(viewer, q) == expected


def test_a_customer_finds_its_own_assets_and_nothing_by_its_own_name(aegean):
    ReservationFactory(account=aegean, name="Mine")
    ReservationFactory(account=AccountFactory(name="Kalamata"), name="Mine too")

    assert found(seen_by(aegean), "mine") == ["Mine"]
    assert found(seen_by(aegean), "aegean") == []


def words_of(about):
    factories.session.expire_all()
    chosen = sa.select(SearchWord.word).where(SearchWord.about_id == about.id)
    return set(factories.session.scalars(chosen))


def test_words_follow_names_and_ids(aegean):
    asset = ReservationFactory(account=aegean, name="Old name", microsoft_order_id="First")
    other = ReservationFactory(account=aegean, name="Old name")

    asset.name, asset.microsoft_order_id = "New name", "Second"
    factories.session.commit()

    assert {"new", "name", "second"} <= words_of(asset)
    assert not {"old", "first"} & words_of(asset)
    assert "old" in words_of(other)
    assert found(staff(), "old") == ["Old name"]

    factories.session.delete(asset)
    factories.session.commit()
    assert words_of(asset) == set()


def test_an_account_is_found_by_its_new_name(aegean):
    ReservationFactory(account=aegean, name="Mine")
    account = factories.session.get_one(Account, aegean.id)

    account.name = "Kritiki Trofimon"
    factories.session.commit()

    assert found(staff(), "kritiki") == ["Mine"]
    assert found(staff(), "aegean") == []


def test_an_account_that_moves_takes_its_words_along(reseller, aegean):
    fabrikam = AccountFactory(reseller_account=True, name="Fabrikam")
    ReservationFactory(account=aegean, name="Mine")

    factories.session.get_one(Account, aegean.id).reseller_id = fabrikam.id
    factories.session.commit()

    assert found(seen_by(fabrikam), "mine") == ["Mine"]
    assert found(seen_by(reseller), "mine") == []
    of_fabrikam = reading(seen_by(fabrikam).scope).scalars(sa.select(SearchWord.word)).all()
    assert {"mine", "aegean"} <= set(of_fabrikam)


@pytest.mark.parametrize("name", ["x" * 3000, "a-" * 200, " ", "\t=1\n"])
def test_strange_names_are_stored_and_found_by_their_beginning(aegean, name):
    ReservationFactory(account=aegean, name=name)
    viewer = staff()

    assert found(viewer, name[:90].strip()) == [name]


def test_the_wall_stands_around_the_words_too(reseller, aegean):
    ReservationFactory(account=AccountFactory(name="Kalamata"), name="Secret")
    ReservationFactory(account=aegean, name="Mine")

    seen = reading(seen_by(aegean).scope).scalars(sa.select(SearchWord.word)).all()

    assert "mine" in seen
    assert "secret" not in seen
    assert "secret" in reading(SYSTEM_SCOPE).scalars(sa.select(SearchWord.word)).all()
