"""Take pictures of every page: `make screenshots`.

Those that the README shows go to docs/pictures, all others to --out. Starts a system of its own,
unless BASE_URL names one that runs with the demo data: some pictures buy a reservation there.
"""

import argparse
import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))  # `tests` is no part of the package

from tests.e2e.journeys import (  # noqa: E402
    AEGEAN,
    REGION,
    SOFTWARE,
    VM,
    buy_reservation,
    review_reservation,
    review_software,
)
from tests.e2e.pages.bss import AccountsPage, AssetsPage  # noqa: E402
from tests.e2e.pages.sign_in import SignInPage  # noqa: E402
from tests.e2e.pages.storefront import (  # noqa: E402
    AzurePlansPage,
    ReservationsPage,
    SoftwareCataloguePage,
)
from tests.e2e.people import (  # noqa: E402
    ADMIN,
    BUYER,
    DARK,
    DESKTOP,
    HOMES,
    PASSWORD,
    PHONE,
    RESELLER,
)
from tests.support.chromium import launch_options  # noqa: E402
from tests.support.crawl import crawl  # noqa: E402
from tests.support.system import System  # noqa: E402

PICTURES = REPOSITORY / "docs" / "pictures"
LOOKS: dict[str, dict[str, Any]] = {
    "desktop": DESKTOP,
    "phone": PHONE,
    "dark": DESKTOP | DARK,
}
EXAMPLE = "Reserved VM Instance, Standard_D2s_v5, EU West, 1 Year"
LARGEST_PICTURE = 250_000


def show_refused_sign_in(page: Page) -> None:
    form = SignInPage(page).open()
    form.email.fill(BUYER)
    form.password.fill("not it")
    form.button.click()
    expect(form.problems.first).to_be_visible()


def show_finder(page: Page) -> None:
    plan = AzurePlansPage(page).open().open_plan("Azure plan", AEGEAN)
    plan.buy_reservation().find(REGION, "Standard_D4s_v5")
    expect(page.get_by_role("link", name=f"Choose {VM}", exact=True)).to_be_visible()


def show_wizard(page: Page) -> None:
    show_finder(page)
    page.get_by_role("link", name=f"Choose {VM}", exact=True).click()
    expect(page.get_by_label("Quantity")).to_be_visible()


def show_refused_quantity(page: Page) -> None:
    show_wizard(page)
    page.get_by_label("Quantity").fill("many")
    page.get_by_role("button", name="Review order").click()
    expect(page.get_by_role("alert").first).to_be_visible()


def show_menu_of_plan(page: Page) -> None:
    AzurePlansPage(page).open().open_plan("Azure plan", AEGEAN).menu.click()


def show_review(page: Page) -> None:
    review_reservation(page, customer=AEGEAN, quantity=6)


def show_software_review(page: Page) -> None:
    review_software(page, customer=AEGEAN)


def show_order(page: Page) -> None:
    buy_reservation(page, customer=AEGEAN)


def show_new_asset(page: Page) -> None:
    asset = buy_reservation(page, customer=AEGEAN).open_asset()
    expect(asset.sync_status).to_contain_text("Synchronized", timeout=60_000)


def show_reservations(page: Page) -> None:
    ReservationsPage(page).open()


def show_example(page: Page) -> None:
    ReservationsPage(page).open().open_reservation(EXAMPLE)


def show_failed_for_customer(page: Page) -> None:
    reservations = ReservationsPage(page).open()
    page.goto(f"{reservations.path}?sync=failed")
    reservations.open_reservation(VM)


def show_software_plan(page: Page) -> None:
    SoftwareCataloguePage(page).open().open_plan(SOFTWARE, AEGEAN)


def show_user_menu(page: Page) -> None:
    page.goto("/billing/")
    page.get_by_role("button", name="your menu").click()


def show_nothing_found(page: Page) -> None:
    page.goto("/billing/assets/reservations/?q=nothing-is-called-this")


def show_no_page(page: Page) -> None:
    page.goto("/orders/00000000-0000-4000-8000-000000000000/")


def show_all_states(page: Page) -> None:
    page.goto("/__states__")


def show_peek(page: Page) -> None:
    account = AccountsPage(page).open().open_account(AEGEAN)
    account.preview.click()
    expect(account.view_all).to_be_visible()


def show_asset(page: Page) -> None:
    row = AssetsPage(page).open().rows.filter(has_text=EXAMPLE).filter(has_text=AEGEAN)
    row.get_by_role("link", name=EXAMPLE).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(EXAMPLE)


def show_failed_asset(page: Page) -> None:
    AssetsPage(page).open().open_failed(VM, "not an active Azure subscription")


def show_edit_of_failed(page: Page) -> None:
    AssetsPage(page).open().open_failed(VM, "not an active Azure subscription").edit()


def show_refused_edit(page: Page) -> None:
    editing = AssetsPage(page).open().open_failed(VM, "not an active Azure subscription").edit()
    editing.quantity.fill("99")
    editing.save_button.click()
    expect(editing.problems.first).to_be_visible()


# What is more than an address: who sees it, and how one gets there.
STATES: dict[str, tuple[str | None, Callable[[Page], None]]] = {
    "sign-in-refused": (None, show_refused_sign_in),
    "reservation-finder": (RESELLER, show_finder),
    "reservation-wizard": (RESELLER, show_wizard),
    "reservation-wizard-refused": (RESELLER, show_refused_quantity),
    "plan-menu": (RESELLER, show_menu_of_plan),
    "software-plan": (RESELLER, show_software_plan),
    "software-review": (RESELLER, show_software_review),
    "order-just-placed": (RESELLER, show_order),
    "asset-just-bought": (RESELLER, show_new_asset),
    "asset-failed-for-its-customer": (BUYER, show_failed_for_customer),
    "asset-of-a-customer": (BUYER, show_example),
    "user-menu": (RESELLER, show_user_menu),
    "nothing-found": (RESELLER, show_nothing_found),
    "no-such-page": (RESELLER, show_no_page),
    "all-states": (ADMIN, show_all_states),
    "bss-asset-failed": (ADMIN, show_failed_asset),
    "bss-asset-failed-edit": (ADMIN, show_edit_of_failed),
    "bss-asset-edit-refused": (ADMIN, show_refused_edit),
}
# The pictures of the README, as much of them as a desktop shows.
README: dict[str, tuple[str, Callable[[Page], None]]] = {
    "storefront-reservations": (RESELLER, show_reservations),
    "order-review": (RESELLER, show_review),
    "bss-asset": (ADMIN, show_asset),
    "bss-account-peek": (ADMIN, show_peek),
}


class Studio:
    """Signed-in pages of everybody in every look."""

    def __init__(self, browser: Browser, base_url: str, out: Path) -> None:
        self._browser = browser
        self._base_url = base_url
        self._out = out
        self._states: dict[str, Any] = {}

    @contextlib.contextmanager
    def page(self, email: str | None, look: str) -> Iterator[Page]:
        """A page of this person, or of nobody."""
        state = self._state_of(email) if email else None
        context = self._browser.new_context(
            base_url=self._base_url, storage_state=state, locale="en-GB", **LOOKS[look]
        )
        yield context.new_page()
        context.close()

    def take(self, page: Page, name: str, look: str) -> None:
        page.wait_for_load_state("networkidle")
        page.evaluate("scrollTo(0, 0)")  # what sticks to the top is at the top
        page.screenshot(path=self._out / f"{name}-{look}.png", full_page=True)

    def take_for_readme(self, page: Page, name: str) -> None:
        path = PICTURES / f"{name}.png"
        page.wait_for_load_state("networkidle")
        page.screenshot(path=path)
        if path.stat().st_size > LARGEST_PICTURE:
            print(f"{path.name} is larger than {LARGEST_PICTURE} bytes.")

    def _state_of(self, email: str) -> Any:
        if email not in self._states:
            context = self._browser.new_context(base_url=self._base_url)
            SignInPage(context.new_page()).open().sign_in(email, PASSWORD)
            self._states[email] = context.storage_state()
            context.close()
        return self._states[email]


def take_pages(studio: Studio, base_url: str, look: str) -> None:
    """One page of each kind that a reseller or an administrator reaches."""
    with studio.page(None, look) as page:
        SignInPage(page).open()
        studio.take(page, "sign-in", look)
    for email in (RESELLER, ADMIN):
        with studio.page(email, look) as page:
            for kind, addresses in crawl(page.request, base_url, HOMES[email]).items():
                page.goto(addresses[0])
                studio.take(page, name_of(kind), look)


def name_of(kind: str) -> str:
    """`/bss/accounts/<id>/` → `page-bss-accounts-one`."""
    words = re.split(r"[/?]+", kind.replace("<id>", "one").strip("/"))
    return "-".join(["page", *filter(None, words)] if any(words) else ["page", "home"])


def take_states(studio: Studio, look: str) -> None:
    # The README's first: others buy, and the lists there are to be the demo's own.
    for name, (email, show) in (README | STATES).items():
        with studio.page(email, look) as page:
            show(page)
            studio.take(page, name, look)
            if look == "desktop" and name in README:
                studio.take_for_readme(page, name)


@contextlib.contextmanager
def running_system() -> Iterator[str]:
    """The address of the system to be pictured."""
    given = os.environ.get("BASE_URL")
    if given:
        yield given.rstrip("/")
        return
    with tempfile.TemporaryDirectory() as folder, System(Path(folder) / "state") as system:
        yield system.url


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "build" / "screenshots")
    out: Path = parser.parse_args().out
    for folder in (out, PICTURES):
        folder.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=20_000)
    with running_system() as base_url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        studio = Studio(browser, base_url, out)
        for look in LOOKS:
            take_pages(studio, base_url, look)
            take_states(studio, look)
        browser.close()
    print(f"{len(list(out.glob('*.png')))} pictures are in {out}.")


if __name__ == "__main__":
    main()
