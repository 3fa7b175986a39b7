"""Keys and partitions: the same as Java's, and reversible where parts are encoded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import ConversationId, TenantId, UserId
from schemas.keys import conversation_routing, join_key, murmur2, partition_of, split_key, user_routing


@pytest.mark.parametrize(
    ("data", "signed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_gives_what_kafkas_own_test_expects(data: bytes, signed: int) -> None:
    """The vectors of UtilsTest.testMurmur2 in Apache Kafka."""
    assert murmur2(data) == signed % 2**32


def test_a_partition_is_the_positive_hash_modulo_their_number() -> None:
    assert partition_of("foobar", 4) == (-790332482 & 0x7FFFFFFF) % 4
    assert partition_of("foobar", 1) == 0


def test_routing_keys_are_plain() -> None:
    assert conversation_routing(TenantId("local"), ConversationId("a/b c")) == "local/a/b c"
    assert user_routing(TenantId("local"), UserId("inês")) == "local/inês"


def test_parts_of_a_derived_key_are_percent_encoded() -> None:
    assert join_key("local", "a/b c", "", "ê%~") == "local/a%2Fb%20c//%C3%AA%25~"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1).map(tuple))
def test_a_key_gives_back_its_parts(parts: tuple[str, ...]) -> None:
    key = join_key(*parts)

    assert split_key(key) == parts
    assert key.isascii()


def test_keys_of_different_parts_differ() -> None:
    assert join_key("a", "b/c") != join_key("a/b", "c")
