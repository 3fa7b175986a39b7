"""The extractor of rules: from a message and the turns before it to candidates.

Free of I/O. Reads English; what surrounds a word of the first person is looked at only where a rule fits it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from schemas.ids import TenantId
from schemas.records import Candidate
from schemas.state import Turn
from streams.extraction.clauses import Discourse, may_speak
from streams.extraction.rules.answering import AnswerReader
from streams.extraction.rules.contacting import ContactReader
from streams.extraction.rules.found import candidates, said_in
from streams.extraction.rules.matching import ClauseReader
from streams.extraction.rules.table import ANSWER_RULES, CLAUSE_RULES, CONTACT_RULES
from streams.extraction.sentences import plain

VERSION: Final = 1
"""Goes up whenever the same message may give other candidates."""


class RuleExtractor:
    """Stateless: the rules are compiled once, and the same message always gives the same candidates."""

    name: Final = f"rules@{VERSION}"

    def __init__(self) -> None:
        self._clauses = ClauseReader(CLAUSE_RULES)
        self._answers = AnswerReader(ANSWER_RULES)
        self._contacts = ContactReader(CONTACT_RULES)

    def extract(
        self,
        turn: Turn,
        context: Sequence[Turn],
        tenant_id: TenantId,
        timezone: str | None,
        language: str | None,
    ) -> tuple[Candidate, ...]:
        """See `streams.extraction.port.Extractor`."""
        if turn.recalled or not _is_english(language):
            return ()
        text = plain(turn.text)
        asked = self._answers.question_to(turn, context)
        if asked is None and not may_speak(text):
            return ()
        said, discourse = said_in(turn, tenant_id, timezone, text), Discourse(text)
        found = [*self._clauses.read(said, discourse), *self._contacts.read(said, discourse)]
        if asked is not None and discourse.owns(0):
            found.extend(self._answers.read(said, asked))
        return candidates(said, found) if found else ()


def _is_english(language: str | None) -> bool:
    return language is None or language.lower().split("-")[0] in ("en", "und", "")
