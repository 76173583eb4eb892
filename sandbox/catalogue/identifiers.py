"""Identifiers in Microsoft's shapes, the same in every process."""

from hashlib import blake2b

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def derived_id(length: int, *parts: str) -> str:
    """Upper-case letters and digits that follow from the parts alone."""
    digest = blake2b("\0".join(parts).encode(), digest_size=16).digest()
    number = int.from_bytes(digest)
    characters = []
    for _ in range(length):
        number, position = divmod(number, len(_ALPHABET))
        characters.append(_ALPHABET[position])
    return "".join(characters)


def sku_id_among(taken: set[str], *parts: str) -> str:
    """An id of four characters that is not taken yet, and is taken from here on.

    Four characters are few: two SKUs of one product may well derive the same ones.
    """
    attempt = 0
    while (candidate := derived_id(4, *parts, str(attempt))) in taken:
        attempt += 1
    taken.add(candidate)
    return candidate
