"""The rules file as it is written: what it says of itself and of each tenant, and on which line it says so.

Reads the file it is given and nothing else. Knows its form; what its patterns find is for `streams.rulebook` to see.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from topology.marked_yaml import Fault, Marked, Place, parsed
from topology.retention_section import RetentionSection

BUILT_IN_RULES: Final = "rules@2"
"""The rules of this release. The version goes up whenever the same message may give other candidates."""

RESERVED: Final = frozenset({"rules", "command"})
"""Extractors that evidence names already: the built-in rules, and what people command."""

P = TypeVar("P")

Text: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=4_096)]
Name: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,63}$")]
SlotName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
QualifiedName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z]+\.[a-z][a-z0-9_]{0,63}$")]
Tenant: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
Version: TypeAlias = Annotated[StrictInt, Field(ge=1)]
KindName: TypeAlias = Literal["fact", "preference", "relation", "event", "task", "decision", "contact"]
AspectName: TypeAlias = Literal[
    "present", "past", "perfect", "used_to", "future", "able", "unable", "negated", "negated_past", "ended"
]
RoleName: TypeAlias = Literal["user", "assistant", "system", "tool"]
TenseName: TypeAlias = Literal["present", "past", "planned", "ended"]


def _some(values: tuple[P, ...]) -> tuple[P, ...]:
    if not values:
        raise PydanticCustomError("empty", "must not be empty")
    return values


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SlotPart(_Part):
    """A slot that a tenant adds."""

    kind: KindName
    name: SlotName
    single_valued: StrictBool
    qualified: StrictBool = False


class ExamplePart(_Part):
    """A message, and the values that the rule must find in it."""

    said: Text
    values: Annotated[tuple[Text, ...], AfterValidator(_some)]
    tense: TenseName = "present"


class RulePart(_Part):
    """A rule that a tenant adds: a pattern, read where the verb of a clause of the speaker's stands, or after `my`."""

    name: Name
    version: Version
    slot: QualifiedName
    subjects: Annotated[tuple[Literal["i", "we", "my"], ...], AfterValidator(_some)]
    pattern: Text
    value: Text = "{value}"
    tenses: Annotated[Mapping[AspectName, TenseName], Field(min_length=1)] | None = None
    dated: Literal["no", "began", "happens", "due"] = "no"
    confidence: Annotated[float, Field(strict=True, gt=0, le=1)]
    examples: Annotated[tuple[ExamplePart, ...], AfterValidator(_some)]
    counter_examples: Annotated[tuple[Text, ...], AfterValidator(_some)]


class TenantPart(_Part):
    """What a tenant decides."""

    roles: Annotated[tuple[RoleName, ...], AfterValidator(_some)] = ("user",)
    off: tuple[Text, ...] = ()
    slots: tuple[SlotPart, ...] = ()
    rules: tuple[RulePart, ...] = ()
    retention: RetentionSection = RetentionSection()


class RulesFile(_Part):
    """The whole file. `extends` names the built-in rules that it was written for."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
    version: Version
    extends: Text
    tenants: dict[Tenant, TenantPart]

    @property
    def identity(self) -> str:
        """The extractor that the file makes: what evidence and items name."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What could be read of a file, and what could not: `document` lacks the parts that are faulty in themselves."""

    marked: Marked
    document: RulesFile | None
    faults: tuple[Fault, ...]

    def fault(self, place: Place, what: str) -> Fault:
        """A fault of the node at `place`, such as ("tenants", "acme", "rules", 0, "pattern")."""
        return Fault(line=self.marked.line(place), what=what)


def read(path: Path) -> Reading:
    """The file, with all that is wrong with its form.

    Raises Refused where it is no YAML, and Misconfigured where it cannot be read at all.
    """
    marked = parsed(path)
    document: RulesFile | None
    try:
        document, faults = RulesFile.model_validate(marked.value), list(marked.faults)
    except ValidationError as error:
        faults = [*marked.faults, *(_fault(marked, each) for each in error.errors())]
        marked = marked.without({_unsound(each) for each in error.errors()})
        document = _rest(marked)
    if document is not None:
        faults.extend(_of_the_whole(marked, document))
    return Reading(marked=marked, document=document, faults=tuple(faults))


def _unsound(error: ErrorDetails) -> Place:
    """What to leave out so that the rest can be looked at: a key that is not known, or the slot or rule around it."""
    place = tuple(part for part in error["loc"] if part != "[key]")
    return place if error["type"] == "extra_forbidden" or len(place) < _LISTED else place[:_LISTED]


_LISTED: Final = 4
"""Parts of the place of a slot or a rule: `tenants`, the tenant, `rules`, which one."""


def _rest(marked: Marked) -> RulesFile | None:
    try:
        return RulesFile.model_validate(marked.value)
    except ValidationError:
        return None


def _of_the_whole(marked: Marked, document: RulesFile) -> Iterator[Fault]:
    if document.name in RESERVED:
        yield Fault(line=marked.line(("name",)), what=f"the name `{document.name}` is taken")
    if document.extends != BUILT_IN_RULES:
        what = f"extends `{document.extends}`, but this release has {BUILT_IN_RULES}: see what changed in it"
        yield Fault(line=marked.line(("extends",)), what=what)


def _fault(marked: Marked, error: ErrorDetails) -> Fault:
    return Fault(line=marked.line(error["loc"]), what=_words(error["type"], error["msg"], error["loc"]))


def _words(kind: str, message: str, place: Place) -> str:
    """What is wrong, in words that need no knowledge of pydantic."""
    name = place[-1] if place else "file"
    if name == "[key]":
        return f"`{place[-2]}` is no name of a tenant" if len(place) == 3 else f"`{place[-2]}` is not known here"
    words = {"extra_forbidden": f"unknown key `{name}`", "missing": f"`{name}` is missing"}
    message = message.replace("Input should", "must").replace("Value should", "must").replace("String should", "must")
    return words.get(kind, f"{_where(place)}: {message}")


def _where(place: Place) -> str:
    named = [str(part) for part in place if isinstance(part, str)]
    return named[-1] if named else "file"
