"""From what is known to an answer: lines, cut to the budget, with where each comes from.

Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from api.context import tokens
from api.context.budget import Cut, cut
from api.context.lines import lines, longest_line
from api.context.material import Line, Material, Section
from api.context.rendering import Json, Text
from api.context.words import Count
from api.models.context import ContextAnswer, ContextLine, ContextRequest, ContextSection


def compose(
    material: Material, request: ContextRequest, after_reached: bool | None = None, count: Count = tokens.count
) -> ContextAnswer:
    """The answer to the request. `count` is how its tokens are counted."""
    found = lines(material, longest_line(request.max_tokens), count)
    as_json = request.format == "json"
    block = cut(found, Json() if as_json else Text(), request.max_tokens, count)
    return ContextAnswer(
        format=request.format,
        context=Json().content(block.lines) if as_json else block.block,
        tokens=block.tokens,
        max_tokens=request.max_tokens,
        tokenizer=tokens.TOKENIZER,
        sections=_sections(found, block),
        lines=list(_traces(block, numbered=not as_json)),
        after_reached=after_reached,
    )


def _sections(found: Sequence[Line], block: Cut) -> list[ContextSection]:
    looked_at = Counter(line.section for line in found)
    told = Counter(line.section for line in block.lines)
    spent: Counter[Section] = Counter()
    for line, tokens_of_it in zip(block.lines, block.line_tokens, strict=True):
        spent[line.section] += tokens_of_it
    return [
        ContextSection(
            name=section.value,
            lines=told[section],
            tokens=spent[section],
            left_out=looked_at[section] - told[section],
        )
        for section in Section
    ]


def _traces(block: Cut, *, numbered: bool) -> Iterator[ContextLine]:
    """Each line's origin. A text has its mark before the first section, and a title before each."""
    places: Counter[Section] = Counter()
    for number, (line, tokens_of_it) in enumerate(zip(block.lines, block.line_tokens, strict=True)):
        place = places[line.section]
        places[line.section] += 1
        conversation_id, message_id = line.message or (None, None)
        yield ContextLine(
            section=line.section.value,
            place=place,
            line=2 + len(places) + number if numbered else None,
            kind="item" if line.message is None else "message",
            item_id=line.item_id,
            conversation_id=conversation_id,
            message_ids=[message_id] if message_id else [],
            user_id=line.speaker,
            tokens=tokens_of_it,
            salience=line.salience,
            shortened=line.shortened,
        )
