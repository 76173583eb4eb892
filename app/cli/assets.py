"""Commands about assets: expire what is due, read again what is bought."""

import click

from app.cli.surroundings import application
from app.database import reading
from app.domain.access import SYSTEM_SCOPE
from app.services.asset_refresh import wake_synchronized_assets
from app.services.expiry import expire_due_assets
from app.services.today import today


@click.command("expire-assets")
def expire_assets() -> None:
    """Expire the active assets whose last day has come; the dispatcher does it every hour."""
    with application():
        expired = expire_due_assets(today(reading(SYSTEM_SCOPE)))
    click.echo(f"{expired} assets expired.")


@click.command("refresh-assets")
def refresh_assets() -> None:
    """Let the worker read all active, synchronized assets from Microsoft again."""
    with application():
        woken = wake_synchronized_assets()
    click.echo(f"{woken} assets are read again from Microsoft.")
