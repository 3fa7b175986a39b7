"""The extractor of rules: from a message and the turns before it to candidates.

Free of I/O. Reads English; a message without a word of the first person costs one search.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from schemas.ids import TenantId
from schemas.records import Candidate
from schemas.state import Turn
from streams.extraction.clauses import clauses
from streams.extraction.dates import Clock, zone_of
from streams.extraction.guards import is_joke, is_transcript
from streams.extraction.rules.answering import AnswerReader
from streams.extraction.rules.contacting import ContactReader
from streams.extraction.rules.found import Found, Said, candidates
from streams.extraction.rules.matching import ClauseReader
from streams.extraction.rules.table import ANSWER_RULES, CLAUSE_RULES, CONTACT_RULES
from streams.extraction.sentences import not_own_words, plain, sentences

VERSION: Final = 1
"""Goes up whenever the same message may give other candidates."""

_CUE = re.compile(
    r"\b(?:i|i'?m|i'?ve|i'll|we|we're|we've|my|our|me)\b"
    r"|(?:^|[.!?,\n]\s*)(?:just|recently|finally|currently|also|well|hey|hi|so|and|update|today|yesterday|moved|moving|relocated|went"
    r"|started|born|working|living|allergic|got|bought|adopted|finished|graduated|joined|quit|signed|visited|saw|met|came|flew|had|took"
    r"|spent|made|watched|decided|raised|grew|based|remind|turned|ran|played|drove|cooked|baked|attended|celebrated|won|lost|passed"
    r"|completed|launched|hosted|sold|gave|stopped|diagnosed|resigned|enrolled)\b",
    re.IGNORECASE,
)
"""Without any of these a message says nothing of its speaker, unless it answers a question."""


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
        asked = self._answers.question_to(turn, context)
        if turn.recalled or not _is_english(language) or (asked is None and _CUE.search(turn.text) is None):
            return ()
        clock = Clock(at=turn.occurred_at, zone=zone_of(timezone))
        text = plain(turn.text)
        if is_joke(text) or is_transcript(text):
            return ()
        said = Said(text=turn.text, plain=text, clock=clock, tenant_id=tenant_id, user_id=turn.user_id)
        found = list(self._found(said))
        if asked is not None:
            found.extend(self._answers.read(said, asked))
        return candidates(said, found)

    def _found(self, said: Said) -> Iterator[Found]:
        foreign = not_own_words(said.plain)
        for clause in clauses(said.plain, sentences(said.plain), foreign):
            yield from self._clauses.read(said, clause)
        yield from self._contacts.read(said, foreign)


def _is_english(language: str | None) -> bool:
    return language is None or language.lower().split("-")[0] in ("en", "und", "")
