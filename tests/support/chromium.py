"""The browser of this machine, and how tests and pictures start it."""

import os
import shutil

# The first has no window to draw: the browser's tests take three quarters of the time with it.
_NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
)


def find_chromium():
    """Its path: what CHROMIUM names, else the first on the PATH; None: Playwright's own."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, _NAMES)), None)


def launch_options():
    """For Playwright's `launch`. Nothing but this machine is ever reached."""
    found = find_chromium()
    options = {"args": [*_FLAGS], "headless": True}
    return options | {"executable_path": found} if found else options
