"""Commands about customers: bring them here from Partner Center."""

import click

from app.cli.provisioning import operator
from app.cli.surroundings import application
from app.services.customer_imports import apply_by_command, run_import
from app.services.schedule import alone
from app.services.scheduled_jobs import CUSTOMERS


@click.command("import-customers")
@click.option("--preview", is_flag=True, help="Only say what would change")
def import_customers(*, preview: bool) -> None:
    """Read customers, agreements and Azure plans from Partner Center, and store what differs."""
    with application() as app, alone(CUSTOMERS.name) as is_mine:
        if not is_mine:
            raise click.ClickException("Another process is reading the customers just now.")
        import_id, found = run_import(app.extensions["purchase_driver"], operator())
        for each in found:
            fields = "; ".join(
                f"{field.name}: {field.before or '-'} -> {field.after}"
                for field in each.fields
                if not field.is_ours
            )
            click.echo(f"{each.kind.label:8} {each.name} {fields}".rstrip())
        if preview:
            click.echo("Nothing was stored: this is a preview.")
            return
        changed = apply_by_command(import_id, operator())
    click.echo(f"{changed} customers were new, changed or gone.")
