"""Commands about buying: stop it, and leave the workers of an old deploy behind."""

import getpass

import click

from app.cli.surroundings import application
from app.services.control import RESTORED
from app.services.provisioning_switch import bump_epoch, declare_restored, switch_off


@click.command("bump-epoch")
@click.argument("epoch", type=click.IntRange(min=1), required=False)
def move_epoch(epoch: int | None) -> None:
    """Let workers and dispatchers of a lower ENTREPOT_EPOCH claim nothing more."""
    with application():
        bumped = bump_epoch(operator(), epoch)
    click.echo(f"The epoch is {bumped}: processes work on with ENTREPOT_EPOCH={bumped} or more.")


@click.command("pause-provisioning")
@click.argument("reason")
@click.option(
    "--restored", is_flag=True, help="The database came out of a backup: reconcile, then two people"
)
def pause_provisioning(reason: str, *, restored: bool) -> None:
    """Buy nothing more, until people resume it in the back office."""
    with application():
        if restored:
            declare_restored(operator(), f"{RESTORED} {reason}")
        else:
            switch_off(operator(), reason)
    click.echo("Provisioning is paused.")


def operator() -> str:
    """Who is at the command line, for histories."""
    return f"{getpass.getuser()} at the command line"
