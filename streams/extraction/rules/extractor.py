"""The extractor of rules: from a message and the turns before it to candidates.

Free of I/O. Reads English; what surrounds a word of the first person is looked at only where a rule fits it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from schemas.ids import TenantId
from schemas.records import Candidate
from schemas.state import Turn
from streams.extraction.clauses import Discourse, may_speak
from streams.extraction.port import Extractor
from streams.extraction.rules.answering import AnswerReader
from streams.extraction.rules.contacting import ContactReader
from streams.extraction.rules.found import candidates, said_in
from streams.extraction.rules.matching import ClauseReader
from streams.extraction.rules.model import Rule
from streams.extraction.rules.own import OwnClauseReader
from streams.extraction.rules.table import ANSWER_RULES, CLAUSE_RULES, CONTACT_RULES
from streams.extraction.sentences import plain
from streams.extraction.slots import BUILT_IN, Catalogue
from topology.rules_file import BUILT_IN_RULES


class RuleExtractor:
    """Stateless: the rules are compiled once, and the same message always gives the same candidates.

    `off` names built-in rules to do without, `own` are read beside them. Raises InvalidPattern.
    """

    def __init__(
        self,
        *,
        name: str = BUILT_IN_RULES,
        off: Collection[str] = (),
        own: Sequence[Rule] = (),
        catalogue: Catalogue = BUILT_IN,
    ) -> None:
        self.name = name
        self._catalogue = catalogue
        self._clauses = ClauseReader([rule for rule in CLAUSE_RULES if rule.name not in off])
        self._answers = AnswerReader([rule for rule in ANSWER_RULES if rule.name not in off])
        self._contacts = ContactReader([rule for rule in CONTACT_RULES if rule.name not in off])
        self._own = OwnClauseReader(own) if own else None

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
        if self._own is not None:
            found.extend(self._own.read(said, discourse))
        if asked is not None and discourse.owns(0):
            found.extend(self._answers.read(said, asked))
        return candidates(said, found, self._catalogue) if found else ()


@dataclass(frozen=True, slots=True)
class ExtractorByTenant:
    """One extractor for all: that of the tenant where it has one of its own, else `everyone`'s."""

    name: str
    everyone: Extractor
    by_tenant: Mapping[TenantId, Extractor]

    def extract(
        self,
        turn: Turn,
        context: Sequence[Turn],
        tenant_id: TenantId,
        timezone: str | None,
        language: str | None,
    ) -> tuple[Candidate, ...]:
        """See `streams.extraction.port.Extractor`."""
        extractor = self.by_tenant.get(tenant_id, self.everyone)
        return extractor.extract(turn, context, tenant_id, timezone, language)


def _is_english(language: str | None) -> bool:
    return language is None or language.lower().split("-")[0] in ("en", "und", "")
