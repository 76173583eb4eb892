"""Icons: Tabler's outlines, one `<symbol>` each, read once."""

import functools
import re
from pathlib import Path

from flask import Flask
from markupsafe import Markup

_FOLDER = Path(__file__).parent.parent / "static" / "vendor" / "icons"
_SHAPES = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_EMPTY_BOX = re.compile(r'<path stroke="none"[^>]*/>')


def init_icons(app: Flask) -> None:
    symbols = {path.stem: _symbol(path) for path in sorted(_FOLDER.glob("*.svg"))}

    @functools.cache
    def icon(name: str, size: str = "") -> Markup:
        """The icon as decoration: screen readers skip it. `size` is "" or "l"."""
        if name not in symbols:
            raise LookupError(f"There is no icon {name!r}: add it to vendor.lock.")
        kind = f"i {size}".rstrip()
        return Markup('<svg class="{}" aria-hidden="true"><use href="#i-{}"/></svg>').format(
            kind, name
        )

    app.jinja_env.globals["icon"] = icon
    app.jinja_env.globals["icon_symbols"] = Markup("").join(symbols.values())


def _symbol(path: Path) -> Markup:
    found = _SHAPES.search(path.read_text(encoding="utf-8"))
    if found is None:
        raise ValueError(f"{path.name} is no SVG.")
    shapes = " ".join(_EMPTY_BOX.sub("", found.group(1)).split())
    return Markup(  # noqa: S704  # our own files, checked against vendor.lock
        f'<symbol id="i-{path.stem}" viewBox="0 0 24 24">{shapes}</symbol>'
    )
