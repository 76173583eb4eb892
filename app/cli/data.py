"""Commands that fill an installation: its first administrator, demo data, generated data."""

import sys

import click

from app.cli.surroundings import application
from app.cli.tables import upgrade_tables
from app.domain.errors import ConflictError
from app.services.catalogue_refresh import refresh_catalogue
from app.services.demo_data import load_demo_data
from app.services.generated_data import GeneratedData, generate_data
from app.services.staff import create_administrator


@click.command("create-admin")
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create_admin(email: str, *, password_stdin: bool) -> None:
    """Create a member of staff who may do everything."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt="Once more")
    with application():
        create_administrator(email, password)
    click.echo(f"{email} may sign in as an administrator.")


@click.command("load-demo")
def load_demo() -> None:
    """Load the demo data into an empty installation; nothing happens where it is there."""
    _load_demo()


@click.command()
def prepare() -> None:
    """Bring the tables up to date and load the demo data, as `make run` does when it starts."""
    upgrade_tables()
    _load_demo()


def _load_demo() -> None:
    with application() as app:
        settings = app.extensions["settings"]
        if settings.is_production:
            raise ConflictError("Demo data is not for production.")
        driver = app.extensions["purchase_driver"]
        is_loaded = load_demo_data(driver.partner_center)
    click.echo("The demo data is loaded." if is_loaded else "The demo data is there already.")


@click.command("refresh-catalogue")
def refresh() -> None:
    """Read from Microsoft what is for sale and what it costs; run it once a day."""
    with application() as app:
        partner_center = app.extensions["purchase_driver"].partner_center
        result = refresh_catalogue(partner_center)
    click.echo(
        f"{result.products} products, {result.skus} SKUs, {result.priced} with a price;"
        f" {result.withdrawn} are no longer sold."
    )


@click.command()
@click.option("--accounts", type=click.IntRange(3), default=100, show_default=True)
@click.option("--assets", type=click.IntRange(1), default=1000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed, the same data")
def generate(accounts: int, assets: int, seed: int) -> None:
    """Make believable accounts and assets, to see how the pages do with many of them."""
    with application() as app:
        if app.extensions["settings"].is_production:
            raise ConflictError("Generated data is not for production.")
        generate_data(GeneratedData(accounts=accounts, assets=assets, seed=seed))
    click.echo(f"{accounts} accounts and {assets} assets were made.")
