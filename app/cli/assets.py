"""Commands about assets: expire what is due, read again what is bought."""

import click

from app.cli.surroundings import application
from app.database import reading
from app.domain.access import SYSTEM_SCOPE
from app.services.customer_refresh import refresh_all_customers
from app.services.expiry import expire_due_assets
from app.services.schedule import alone
from app.services.scheduled_jobs import REFRESH
from app.services.today import today


@click.command("expire-assets")
def expire_assets() -> None:
    """Expire the active assets whose last day has come; the dispatcher does it every minute."""
    with application():
        expired = expire_due_assets(today(reading(SYSTEM_SCOPE)))
    click.echo(f"{expired} assets expired.")


@click.command("refresh-assets")
def refresh_assets() -> None:
    """Read all active, synchronized assets from Microsoft again; the dispatcher does it nightly."""
    with application() as app, alone(REFRESH.name) as is_mine:
        if not is_mine:
            raise click.ClickException("Another process is reading the assets just now.")
        tally = refresh_all_customers(app.extensions["purchase_driver"], actor="entrepot")
    click.echo(f"{tally.assets} assets were read again from Microsoft.")
    if unread := tally.unread_customers or tally.unread_assets:
        what = "customers" if tally.unread_customers else "assets"
        raise click.ClickException(f"{unread} {what} could not be read: it is tried again later.")
