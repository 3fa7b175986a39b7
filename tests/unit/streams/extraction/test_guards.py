"""What a speaker asks, supposes, quotes, retells or jokes is no memory; nor is what belongs to somebody else."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from schemas.enums import Role, Tense
from schemas.ids import MessageId, TenantId, UserId
from schemas.records import Candidate
from schemas.state import Turn
from streams.extraction import clauses
from streams.extraction.rules import RuleExtractor
from streams.extraction.sentences import plain, sentences

EXTRACTOR = RuleExtractor()
TURN = Turn(
    message_id=MessageId("m"),
    user_id=UserId("ana"),
    speaker_name="Ana",
    role=Role.USER,
    text="I live in Porto.",
    occurred_at=datetime(2024, 6, 12, 15, 30, tzinfo=UTC),
    recalled=False,
)

SILENT = {
    "question": [
        "Do I live in Porto?",
        "Where did I say I live in Porto?",
        "Am I allergic to peanuts?",
        "Should I move to Porto next month?",
        "do you think I like chess?",
        "What if I moved to Porto?",
    ],
    "condition": [
        "If I lived in Rome I'd own a car.",
        "If I work at Meridian, I have a car.",
        "Unless I move to Porto, we stay.",
        "Imagine I live in Porto.",
        "I wish I lived in Porto.",
        "I would live in Porto.",
        "I might move to Porto next month.",
        "Suppose I have a dog named Rex.",
        "I could work at Meridian.",
    ],
    "quotation": [
        '"I live in Porto," he said.',
        "“I love chess” is her motto.",
        "He wrote: 'I live in Porto and I love chess'.",
        "> I live in Porto\nno way",
        "<rui> I live in Porto",
        "```\nI live in Porto\n```",
        "`I live in Porto`",
        "Ana: I live in Porto\nRui: I live in Lisbon",
        "«I live in Porto», wrote Rui",
    ],
    "reported": [
        "She said I live in Porto.",
        "They think I love chess.",
        "He told me, I live in Porto.",
        "The song goes: I love chess",
        "My mum believes I work at Meridian.",
        "Rui says that I love chess.",
    ],
    "joke": [
        "I live in Porto, jk",
        "I love chess /s",
        "I moved to Mars, just kidding",
    ],
    "others": [
        "My brother lives in Porto.",
        "You live in Porto.",
        "She is allergic to peanuts.",
        "The city I live in is nice.",
        "People love chess.",
        "His name is Rui.",
        "their dog Rex barks",
    ],
    "politeness": [
        "I'd love a coffee.",
        "I'd like to book a table.",
        "I would love to see that.",
        "I'd prefer tea.",
        "I hope you like chess.",
        "I love your idea!",
        "I like the sound of that.",
    ],
    "idiom": [
        "I love it!",
        "love it!",
        "I'm dying over here",
        "I'm dead",
        "I hate it when that happens.",
        "I have to say, well done.",
        "I live for this.",
        "I'm all ears.",
        "I need to go.",
        "I feel like pizza.",
        "I'm like, seriously?",
        "I have no idea.",
        "I'm in love.",
        "I'm from the future",
    ],
}


def extracted(text: str, **changes: object) -> tuple[Candidate, ...]:
    return EXTRACTOR.extract(replace(TURN, text=text, **changes), [], TenantId("t"), None, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(("why", "text"), [(why, text) for why, texts in SILENT.items() for text in texts])
def test_nothing_is_remembered_from(why: str, text: str) -> None:
    assert [(each.rule, each.quote) for each in extracted(text)] == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("I live in Porto, what about you?", ["Porto"]),
        ("I love chess, do you?", ["chess"]),
        ("Well, honestly, I live in Porto.", ["Porto"]),
        ("It rained all day, but I live in Porto so who cares", ["Porto"]),
        ("bob: I live in Porto", ["Porto"]),
        ("I\u2019m allergic to peanuts", ["peanuts"]),
        ("I love “The Night Train”", ["“The Night Train”"]),
        ("Did you know? I live in Porto.", ["Porto"]),
        ("When I lived in Quito it rained.", ["Quito"]),
        ("Now that I live in Porto, all is well", ["Porto"]),
        ("As for me, I live in Porto.", ["Porto"]),
        ("I live in Porto and work at Meridian.", ["Porto", "Meridian"]),
        ("I live in St. Ives. I love chess", ["St. Ives", "chess"]),
        ("I moved out.I live in Porto", ["Porto"]),
    ],
)
def test_an_assertion_is_found_among_other_words(text: str, values: list[str]) -> None:
    assert [each.value for each in extracted(text)] == [value.strip("“”") for value in values]


def test_the_last_word_on_a_single_value_counts() -> None:
    assert [each.value for each in extracted("I live in Porto. No wait, I live in Braga!")] == ["Braga"]


def test_a_former_value_stands_beside_the_present_one() -> None:
    found = {each.value: each.tense for each in extracted("I used to live in Lisbon, but now I live in Porto.")}
    assert found == {"Lisbon": Tense.PAST, "Porto": Tense.PRESENT}


def test_recalled_text_is_never_extracted_from() -> None:
    assert extracted(TURN.text)
    assert extracted(TURN.text, recalled=True) == ()


@pytest.mark.parametrize(
    ("language", "heard"), [(None, True), ("en", True), ("en-GB", True), ("und", True), ("pt", False)]
)
def test_only_english_is_read(language: str | None, heard: bool) -> None:
    found = EXTRACTOR.extract(TURN, [], TenantId("t"), None, language)
    assert bool(found) is heard


def test_any_speaker_and_role_is_heard() -> None:
    (one,) = extracted(TURN.text, user_id=UserId("ana"))
    (other,) = extracted(TURN.text, user_id=UserId("rui"), role=Role.ASSISTANT)
    assert one.item_id != other.item_id
    assert one.canonical == other.canonical


def test_a_date_is_read_in_the_zone_of_the_speaker() -> None:
    turn = replace(TURN, text="I moved to Porto today.", occurred_at=datetime(2024, 6, 12, 3, tzinfo=UTC))
    found = EXTRACTOR.extract(turn, [], TenantId("t"), "America/Los_Angeles", None)
    (there,) = [each for each in found if each.slot == "home_city"]
    assert there.known_from == datetime(2024, 6, 11, 7, tzinfo=UTC)


def test_the_question_before_gives_an_answer_its_meaning_only_if_another_asked() -> None:
    answer = replace(TURN, text="In Lisbon.")
    asked = replace(TURN, text="Where do you live?")
    assert EXTRACTOR.extract(answer, [asked], TenantId("t"), None, None) == ()
    (found,) = EXTRACTOR.extract(answer, [replace(asked, user_id=UserId("rui"))], TenantId("t"), None, None)
    assert (found.value, found.quote) == ("Lisbon", "In Lisbon")


def test_sentences_are_the_whole_text() -> None:
    text = "One. Two?  Dr. Who came!\nFour"
    found = sentences(text)
    assert "".join(text[each.start : each.end] for each in found) == text
    assert [text[each.start : each.end].strip() for each in found] == ["One.", "Two?", "Dr. Who came!", "Four"]
    assert [each.question for each in found] == [False, True, False, False]


def test_plain_text_keeps_its_length() -> None:
    text = "I\u2019m\u00a0here \u2018now\u2019 😀"
    assert plain(text) == "I'm here 'now' 😀"
    assert len(plain(text)) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "I love making and eating.",
        "I love trying out brighter or unusual colours.",
        "I'm passionate about creating a safe, welcoming place.",
        "I love the smell and the taste that garlic adds.",
        "I love the places we visit.",
        "I like coffee more than tea.",
        "I want to get into a routine for it.",
        "I'm having strange problems today.",
        "I had a setback last week.",
        "I started writing some letters.",
        "I've decided on three parts: food, music, games.",
        "I decided to put this at the beginning.",
        "I got this new puppy for you!",
        "I found out yesterday.",
        "My favourite part is where it ends.",
        "I have a deadline, I need to get better.",
    ],
)
def test_fragments_and_things_that_point_elsewhere_are_left_alone(text: str) -> None:
    assert [(each.rule, each.value) for each in extracted(text)] == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("I enjoy cooking for friends and family.", ["cooking for friends"]),
        ("I love hiking, old maps and strong coffee.", ["hiking", "old maps", "strong coffee"]),
        ("I love pizza and my sister does too.", ["pizza"]),
        ("I love chess and I play it badly.", ["chess"]),
        ("I really like board games a lot, especially in winter.", ["board games"]),
        ("I like Ubuntu 11.04 better.", []),
        ("I dislike Ubuntu 11.04!", ["Ubuntu 11.04"]),
    ],
)
def test_a_liked_thing_ends_where_it_ends(text: str, values: list[str]) -> None:
    assert [each.value for each in extracted(text)] == values


def test_no_letter_passes_for_another_where_case_is_ignored() -> None:
    """`Fr\u0131day` would be taken by a pattern, and found in no table of words."""
    letters = map(chr, range(128, 0x30000))
    passing = [letter for letter in letters if re.fullmatch("[a-z]", letter, re.IGNORECASE)]
    assert passing
    assert all(plain(letter).isascii() for letter in passing)
    said = "I moved to Berlin on Fr\u0131day, s\u0131x weeks ago, \u017fince la\u017ft wee\u212a"
    assert "on friday, six weeks ago, since last week" in plain(said).lower()
    RuleExtractor().extract(replace(TURN, text=said), [], TenantId("t"), None, None)


def test_code_that_looks_like_a_dialogue_does_not_silence_what_is_said_beside_it() -> None:
    said = "I live in Porto.\n```js\nfetch({\n  ok: false,\n  status: 401,\n})\n```"
    found = RuleExtractor().extract(replace(TURN, text=said), [], TenantId("t"), None, None)
    assert [candidate.value for candidate in found] == ["Porto"]


@pytest.mark.parametrize(
    "text",
    [
        *("i", "I'm here", "im here", "I've", "ive been", "i'll", "we'd go", "My dog", "our cat", "(me)", "x,i", "i_i"),
        *(
            "Moved to Porto",
            "Travelled to Rome",
            "traveled far",
            "Well, just bought a car",
            "nothing",
            "You did?",
            "",
            "5i",
        ),
    ],
)
def test_a_look_at_the_words_puts_no_text_aside_that_speaks(text: str) -> None:
    speaks = any(pattern.search(text.lower()) for pattern in (clauses._PERSON, clauses._BARE))
    assert clauses.may_speak(text) or not speaks


def test_plain_text_in_lower_case_has_the_same_places() -> None:
    assert all(len(plain(chr(code)).lower()) == 1 for code in range(0x30000))
