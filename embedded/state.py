"""The state folder: who may use it, and the secrets that it keeps."""

import base64
import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from embedded.errors import EmbeddedError


def open_state(path: Path) -> Path:
    """Make the state folder if need be and check that this person may write there."""
    folder = path.absolute()
    if folder.exists() and not folder.is_dir():
        raise EmbeddedError(f"The state folder {folder} is not a folder: choose another.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".write-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise EmbeddedError(
            f"The state folder {folder} cannot be written: {error.strerror}."
        ) from error
    return folder


@contextlib.contextmanager
def locked(path: Path, refusal: str) -> Iterator[None]:
    """Hold a lock file for the time of the block; `refusal` is said when someone else has it.

    The kernel lets go of it when this process ends, however it ends.
    """
    # O_NOFOLLOW: some of these folders belong to another account than ours.
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise EmbeddedError(f"{path} cannot be opened: {error.strerror}.") from error
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise EmbeddedError(refusal) from error
        yield
    finally:
        os.close(file)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        draft.unlink()
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(file, "w", encoding="utf-8") as stream:  # noqa: PTH123 - a descriptor, not a path
        stream.write(text)
    draft.replace(path)


def read_kept(path: Path) -> str | None:
    """The text of a file of the state folder, None where there is none yet."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise EmbeddedError(f"{path} cannot be read: {error}.") from error


def read_kept_json(path: Path) -> dict[str, object]:
    """The JSON object kept in a file, empty where there is no file yet."""
    text = read_kept(path)
    if text is None:
        return {}
    try:
        kept = json.loads(text)
    except ValueError as error:
        raise EmbeddedError(f"{path} is damaged: remove the state folder to begin anew.") from error
    if not isinstance(kept, dict):
        raise EmbeddedError(f"{path} is damaged: remove the state folder to begin anew.")
    return kept


def kept_secret(path: Path, generate: Callable[[], str]) -> str:
    """The secret in this file, generated the first time."""
    kept = read_kept(path)
    if kept:
        return kept.strip()
    secret = generate()
    write_private(path, secret + "\n")
    return secret


def new_secret_key() -> str:
    """64 hexadecimal digits."""
    return secrets.token_hex(32)


def new_encryption_key() -> str:
    """32 random bytes, base64url with padding."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
