"""The web process: `gunicorn wsgi:app`."""

import os
import sys

from app import create_app
from app.config import Settings, SettingsError

try:
    app = create_app(Settings.from_env(os.environ))
except SettingsError as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(1)
