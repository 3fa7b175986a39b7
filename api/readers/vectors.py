"""PostgreSQL's text vectors as they are written out: where each word of a question stands in one.

Pure. Reading them here costs microseconds a row; PostgreSQL needs tens of them to unnest a vector.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from api.ranking.asked import Term

Places: TypeAlias = dict[int, list[int]]
"""By the number of a term, the places of a text where it stands, in order."""
Reader: TypeAlias = Callable[[str], Places]


def escaped(lexeme: str) -> str:
    """A lexeme as it stands between quotes in a tsvector or a tsquery."""
    return lexeme.replace("\\", "\\\\").replace("'", "''")


def or_query(lexemes: Sequence[str]) -> str:
    """A tsquery that matches any of the lexemes, as PostgreSQL reads it; every one is quoted."""
    return " | ".join(f"'{escaped(lexeme)}'" for lexeme in lexemes)


def reader(terms: Sequence[Term]) -> Reader:
    """A function from a written tsvector, such as `'cat':3 'dog':1,7A`, to the places of the terms in it.

    Looks for each word alone: a question has few, and no pattern has to be compiled for it. Within a lexeme quotes are
    doubled, so a space, a quote and the lexeme begin an entry.
    """
    numbers = {f" '{escaped(lexeme)}':": number for number, term in enumerate(terms) for lexeme in term.lexemes}
    wanted = [(entry, len(entry), number) for entry, number in numbers.items()]

    def read(vector: str) -> Places:
        found: Places = {}
        entries = f" {vector} "
        for entry, length, number in wanted:
            begin = entries.find(entry)
            if begin >= 0:
                written = entries[begin + length : entries.index(" ", begin + length)]
                places = (
                    [int(written)] if written.isdigit() else [int(one.rstrip("ABCD")) for one in written.split(",")]
                )
                found[number] = sorted(found[number] + places) if number in found else places
        return found

    return read
