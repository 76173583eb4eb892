"""Our own static files: read once, compressed once, cached by browsers for ever."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, abort, request

from app.web.policy import policy

_FOLDER = Path(__file__).parent.parent / "static"
_FOR_EVER = "public, max-age=31536000, immutable"
_MIME_TYPES = {".woff2": "font/woff2", ".js": "text/javascript", ".css": "text/css"}


@dataclass(frozen=True)
class StaticFile:
    content: bytes
    compressed: bytes | None  # None where it would not be smaller
    mime_type: str
    version: str


def init_static_files(app: Flask) -> None:
    files = {
        path.relative_to(_FOLDER).as_posix(): _read(path)
        for path in _FOLDER.rglob("*")
        if path.is_file()
    }

    @policy(public=True)
    def static(filename: str) -> Response:
        file = files.get(filename)
        if file is None:
            abort(404)
        return _answer(file)

    def static_url(filename: str) -> str:
        return f"/static/{filename}?v={files[filename].version}"

    app.add_url_rule("/static/<path:filename>", "static", static)
    app.jinja_env.globals["static_url"] = static_url


def _read(path: Path) -> StaticFile:
    content = path.read_bytes()
    compressed = gzip.compress(content, mtime=0)
    guessed, _ = mimetypes.guess_type(path.name)
    return StaticFile(
        content=content,
        compressed=compressed if len(compressed) < len(content) else None,
        mime_type=_MIME_TYPES.get(path.suffix) or guessed or "application/octet-stream",
        version=hashlib.sha256(content).hexdigest()[:8],
    )


def _answer(file: StaticFile) -> Response:
    takes_gzip = request.accept_encodings.quality("gzip") > 0
    body = file.compressed if file.compressed and takes_gzip else file.content
    response = Response(body, mimetype=file.mime_type)
    if file.compressed:
        response.vary.add("Accept-Encoding")
        if takes_gzip:
            response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = _FOR_EVER
    response.set_etag(f"{file.version}-{'gzip' if body is file.compressed else 'plain'}")
    response.make_conditional(request)
    return response
