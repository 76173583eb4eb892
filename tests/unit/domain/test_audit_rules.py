"""How an entry of the audit log is chained to the one before it."""

import hashlib

from app.domain.audit import GENESIS, entry_hash


def test_a_hash_is_over_the_one_before_and_the_canonical_content():
    text = '{"a":[1,true,null],"name":"\\u039b"}'

    made = entry_hash(GENESIS, {"name": "Λ", "a": [1, True, None]})

    assert made == hashlib.sha256(f"{'0' * 64}\n{text}".encode()).hexdigest()


def test_another_past_or_another_word_makes_another_hash():
    first = entry_hash(GENESIS, {"event": "order.placed"})

    assert first == entry_hash(GENESIS, {"event": "order.placed"})
    assert first != entry_hash(first, {"event": "order.placed"})
    assert first != entry_hash(GENESIS, {"event": "order.approved"})
