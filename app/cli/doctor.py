"""`entrepot doctor`: what is wrong with this installation, and what to do about it."""

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass

import click
from flask import Flask

from app.cli.doctor_checks import CHECKS, BrokenError, Check
from app.cli.sentences import EXPECTED, sentence_for
from app.cli.surroundings import log_from
from app.config import Settings, SettingsError
from app.database import db, init_database

_WIDTH = 20


@dataclass(frozen=True)
class Finding:
    name: str
    is_broken: bool
    words: str

    def line(self) -> str:
        return f"{'broken' if self.is_broken else 'ok':<7} {self.name:<{_WIDTH}} {self.words}"


@click.command()
def doctor() -> None:
    """Say what is wrong with this installation; exit 1 if something is."""
    log_from(logging.CRITICAL)  # the findings say it all
    broken = 0
    for finding in _findings():
        click.echo(finding.line())
        broken += finding.is_broken
    if broken:
        click.echo(f"\n{broken} {'thing is' if broken == 1 else 'things are'} broken.", err=True)
        click.get_current_context().exit(1)


def _findings() -> Iterator[Finding]:
    """One by one as they are found. What stands on something broken is broken for that reason."""
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        yield Finding("settings", is_broken=True, words=str(error))
        return
    yield Finding("settings", is_broken=False, words=f"environment {settings.environment}")
    # Not create_app: it refuses to start on some of what is to be found out here.
    app = Flask("entrepot doctor")
    init_database(app, settings)
    broken: set[str] = set()
    with app.app_context():
        for check in CHECKS:
            finding = _look(check, settings, broken)
            if finding.is_broken:
                broken.add(check.name)
            yield finding
        db.session.remove()
        db.engine.dispose()


def _look(check: Check, settings: Settings, broken: set[str]) -> Finding:
    if missing := [name for name in check.needs if name in broken]:
        return Finding(check.name, is_broken=True, words=f"Not looked at: {missing[0]} is broken.")
    try:
        return Finding(check.name, is_broken=False, words=check.look(settings))
    except BrokenError as error:
        return Finding(check.name, is_broken=True, words=str(error))
    except EXPECTED as error:
        return Finding(check.name, is_broken=True, words=sentence_for(error))
