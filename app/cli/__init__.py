"""The command `entrepot`: what operators, `make` and the supervisor call."""

import sys

import click

from app.cli.assets import expire_assets, refresh_assets
from app.cli.audit import verify_audit
from app.cli.customers import import_customers
from app.cli.data import create_admin, generate, load_demo, prepare, refresh
from app.cli.dispatcher import dispatch
from app.cli.doctor import doctor
from app.cli.invoices import confirm_invoice_numbers
from app.cli.provisioning import move_epoch, pause_provisioning
from app.cli.sentences import EXPECTED, sentence_for
from app.cli.surroundings import complete_environment
from app.cli.tables import check_migrations, make_migration, migrate, psql

_COMMANDS: tuple[click.Command, ...] = (
    check_migrations,
    confirm_invoice_numbers,
    create_admin,
    dispatch,
    doctor,
    expire_assets,
    generate,
    import_customers,
    load_demo,
    make_migration,
    migrate,
    move_epoch,
    pause_provisioning,
    prepare,
    psql,
    refresh,
    refresh_assets,
    verify_audit,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def entrepot() -> None:
    """Look after an installation of Entrepot.

    Settings come from the environment; where it has none, from the `make run` of this folder.
    """


for _command in _COMMANDS:
    entrepot.add_command(_command)


def main() -> None:
    """Run one command. What goes wrong is one sentence on stderr and exit 1."""
    try:
        complete_environment()
        sys.exit(entrepot.main(prog_name="entrepot", standalone_mode=False))
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help())
        sys.exit(0)
    except click.Abort:
        _fail("Stopped.")
    except click.ClickException as error:
        _fail(error.format_message())
    except EXPECTED as error:
        _fail(sentence_for(error))


def _fail(sentence: str) -> None:
    click.echo(sentence, err=True)
    sys.exit(1)
