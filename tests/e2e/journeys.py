"""Ways that several tests go, from beginning to end."""

from tests.e2e.pages.bss import AccountsPage, AssetsPage, SubscriptionsPage
from tests.e2e.pages.storefront import AzurePlansPage, SoftwareCataloguePage

AEGEAN = "Aegean Foods S.A."
REGION = "EU West"
VM = "Reserved VM Instance, Standard_D4s_v5, EU West, 1 Year"
# By hand: 4 cores cost Microsoft 224.4545, and 10 % are added.
SOFTWARE = "Windows Server Standard - 8 Core License Pack"
SOFTWARE_FOR_A_YEAR = f"{SOFTWARE} - 1 Year"


def review_reservation(page, *, customer="", title=VM, quantity=2):
    plan = AzurePlansPage(page).open().open_plan("Azure plan", customer)
    return plan.buy_reservation().find(REGION, title).choose(title).review(quantity)


def buy_reservation(page, **wish):
    """Down to the page of the new asset."""
    return review_reservation(page, **wish).buy()


def review_software(page, *, customer=None, quantity=3):
    plan = SoftwareCataloguePage(page).open().open_plan(SOFTWARE, customer)
    return plan.review(SOFTWARE_FOR_A_YEAR, quantity)


def review_reservation_on_behalf(page, *, account=AEGEAN, title=VM, quantity=2):
    """By staff, from one of the account's Azure plans."""
    plan = SubscriptionsPage(page).open().open_plan("Azure plan", account)
    return plan.buy_reservation().find(REGION, title).choose(title).review(quantity)


def review_software_on_behalf(page, *, account=AEGEAN, quantity=3):
    """By staff, from the Account View."""
    catalogue = AccountsPage(page).open().open_account(account).order_software()
    return catalogue.open_plan(SOFTWARE).review(SOFTWARE_FOR_A_YEAR, quantity)


def find_in_back_office(page, number):
    """The Asset View of AST-…, by the search of the list."""
    return AssetsPage(page).open().find(number).open_asset(number)
