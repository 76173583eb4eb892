"""Commands about invoices."""

import click

from app.cli.provisioning import operator
from app.cli.surroundings import application
from app.services.invoice_series import confirm_numbers


@click.command("confirm-invoice-numbers")
@click.argument("last_numbers", nargs=-1, required=True, metavar="INV-… CRN-…")
def confirm_invoice_numbers(last_numbers: tuple[str, ...]) -> None:
    """After a restore: number on after the last invoice and credit note that were ever issued.

    Look into sent mails and the books. End in 000000 where none was issued this year.
    """
    with application():
        confirmed = confirm_numbers(list(last_numbers), actor=operator())
    for series, count in sorted(confirmed.skipped.items()):
        click.echo(f"{series}: {count} numbers were given out that this database does not know.")
    click.echo(f"Invoices are numbered again; {confirmed.issued} that waited are issued.")
