"""Commands about the audit log."""

import click

from app.cli.surroundings import application
from app.services.audit_chain import check_chain


@click.command("verify-audit")
def verify_audit() -> None:
    """Make every hash of the audit log again; says where the chain breaks, and exits with 1."""
    with application():
        chain = check_chain()
    if chain.problem:
        raise click.ClickException(f"The audit log is not whole. {chain.problem}")
    click.echo(f"The audit log is whole: {chain.entries} entries, the newest is {chain.hash}.")
