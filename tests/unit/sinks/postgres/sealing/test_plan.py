"""When blocks are merged, and which: as few as a question may read, as seldom as sealing may cost."""

from __future__ import annotations

from itertools import count

from sinks.postgres.sealing.packing import MOST_DOCUMENTS
from sinks.postgres.sealing.plan import LEVELS, MOST_SEALED, Block, mergeable


def blocks(*sizes: int) -> list[Block]:
    return [Block(number=number, documents=size, gone=0) for number, size in enumerate(sizes)]


def sizes(found: list[Block]) -> list[int]:
    return [block.left for block in found]


def test_four_alike_are_merged_and_three_are_not() -> None:
    assert sizes(mergeable(blocks(1_000, 1_200, 1_100, 1_300))) == [1_000, 1_100, 1_200, 1_300]
    assert mergeable(blocks(1_000, 1_200, 1_100, 5_000)) == []


def test_nothing_grows_beyond_a_block() -> None:
    assert sizes(mergeable(blocks(20_000, 30_000, 25_000, 30_000))) == [20_000, 25_000]
    assert mergeable(blocks(*[LEVELS[-1]] * 9)) == []


def test_what_a_long_tail_is_sealed_to_becomes_full_blocks() -> None:
    assert sizes(mergeable(blocks(*[MOST_SEALED] * 9))) == [MOST_SEALED] * 4
    assert 4 * MOST_SEALED == MOST_DOCUMENTS


def test_what_is_gone_does_not_count() -> None:
    worn = [Block(number=number, documents=40_000, gone=39_000) for number in range(4)]
    assert mergeable(worn) == worn


def test_a_million_messages_make_few_blocks_and_are_sealed_a_few_times() -> None:
    kept: list[Block] = []
    numbers = count()
    written = 0
    for _ in range(1_000):
        kept.append(Block(number=next(numbers), documents=1_000, gone=0))
        written += 1_000
        while taken := mergeable(kept):
            merged = Block(number=next(numbers), documents=sum(sizes(taken)), gone=0)
            assert merged.documents <= MOST_DOCUMENTS
            kept = [block for block in kept if block not in taken] + [merged]
            written += merged.documents
    assert sum(sizes(kept)) == 1_000_000
    assert len(kept) < 40
    assert written < 4_500_000
