"""Fills a slot with what is liked, done or owned: a noun phrase, an activity, or a list of them.

Free of I/O. Bounded by words that end a phrase and by a number of words; what points at something said before (`it`,
`that one`, `your photo`) or is too long to be a thing is left alone.
"""

from __future__ import annotations

import re

from streams.extraction.lexicon import words
from streams.extraction.names import Filled
from streams.extraction.phrases import without_dangling

_TOKEN = re.compile(r"\"[^\"\n]{1,60}\"|\u201c[^\u201d\n]{1,60}\u201d|[^\W_][\w'&+#/-]{0,39}(?:\.\d{1,6})*|[^\s]")
_STOPS = words(
    "and or but because cause cuz coz bc so when whenever if while though although as since than that which who whom "
    "whose where what how why whether unless until till i i'm i've i'll i'd im we we're we've you you're he he's she "
    "she's it it's they they're there is are was were be been being has have had do does did can could will would "
    "should may might must isn't aren't wasn't don't doesn't didn't not too also just then now lol haha hahaha lmao "
    "tho anyway anyways please thanks thank very really especially particularly mostly mainly including like such "
    "even still more most better best less least hence sometimes usually always often never here however plus cant "
    "dont yet either instead rather again already after before despite once any anymore actually maybe perhaps "
    "probably definitely only since due except unlike whereas although &"
)
_BARRED_FIRST = words(
    "it that this these those them him her his hers their theirs your yours you my our me us everything anything "
    "something nothing everyone everybody anyone someone somebody nobody one ones all each every both any another "
    "other others what how when where who which whoever whatever there here being be having seeing hearing knowing "
    "thinking getting talking chatting a an some many much most several few no none such same so very too both to not "
    "the"
)
_GENERIC_THE = re.compile(
    r"the\s+(?:beach|sea|ocean|sun|rain|snow|outdoors|mountains?|city|countryside|woods|forest|gym|piano|guitar"
    r"|violin|drums|cold"
    r"|heat|winter|summer|spring|autumn|fall|night|dark|theat(?:er|re)|cinema|movies|arts|news|internet"
    r"|(?:smell|taste|sound|feeling)(?=\s+of\b)|lake|desert|(?-i:[A-Z])[\w'-]+)\b",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"(?:an?|some)\s+(?=(?:good|nice|strong|hot|cold|spicy|long|quiet)\s)", re.IGNORECASE)
_TO_VERB = re.compile(
    r"to\s+(?!(?:be|see|hear|know|think|say|tell|ask|get|have|help|learn|join|talk|chat|meet|admit|believe|call"
    r"|point|add|share|give"
    r"|go there|do(?! (?:yoga|crossword|puzzles|sports|crafts))|try (?:it|that|this)|make|keep|look|start|come|use"
    r"|imagine|visit|check|find)\b)(?=[a-z]{2,})",
    re.IGNORECASE,
)
_PREPOSITIONS = words(
    "of in on at with without for from to by about into through around under over between during near outside"
)
_PARTICLES = words("up out down off back away as than")
_TAIL = re.compile(
    r"\s+(?:a lot|very much|so much|as well|the most|in general|at all|personally|myself|right now|at the moment"
    r"|these days|lately|today|tonight|now"
    r"|nowadays|though|much|a bit|a little|(?:on|during) (?:the )?weekends?|every \w+|all the time|from time to time"
    r"|in (?:my|our) (?:free|spare) time|for sure|of course|with (?:you|u|him|her|them|it|my \w+)|at home|in the"
    r" (?:morning"
    r"|evening|afternoon)s?|anymore|any more|any longer)$",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"\b(?:you|your|u|ur|it|its|this|that|these|those|them|their|him|his|her|one|ones)\b", re.IGNORECASE
)
_FILLERS = words(
    "stuff things thing everything more etc so on that all whatnot etcetera everyone lots lot way job work kind sort "
    "part"
)
_ENDS_WELL = words(
    "because cause cuz coz bc so when whenever but if while though although since especially and or & too lol haha as "
    "which"
)
_MOST_WORDS = 8
_MOST_LIST_WORDS = 4
_MOST_ITEMS = 6
_LIST_JOINT = re.compile(r"\s*,\s*(?:and\s+|or\s+)?|\s*&\s*|\s+(?:and|or)\s+", re.IGNORECASE)
_LIST_END = re.compile(r"\s*(?:[.!?;:)\n\u2013\u2014]|-\s|,|$)|\s+[^\w\s'\"]")


def things(text: str, at: int, stop: int) -> list[Filled]:
    """A thing or an activity that can be liked on its own, and those listed after it."""
    start = _opening(text, at, stop)
    if start is None:
        return []
    first = _trimmed(text, start, _phrase_end(text, start, stop, _MOST_WORDS), stop)
    if first is None:
        return []
    more = _more(text, first.end, stop)
    if more and _reaches_on(text, first, more[0]):
        return [first]
    return [first, *more]


def _reaches_on(text: str, first: Filled, second: Filled) -> bool:
    """Whether what comes second may belong inside the first: `cooking for friends and family`."""
    said = text[first.start : first.end].lower().split()
    gerund = text[second.start : second.end].split(None, 1)[0].lower().endswith("ing")
    return not (said[0].endswith("ing") and gerund) and any(word in _PREPOSITIONS for word in said[1:])


def thing(text: str, at: int, stop: int) -> list[Filled]:
    """One thing; what is listed after it is left alone."""
    return things(text, at, stop)[:1]


def _opening(text: str, at: int, stop: int) -> int | None:
    """Where the thing begins, past `to` and an article; None where what begins there is no thing on its own."""
    article = _ARTICLE.match(text, at, stop)
    if article is not None:
        return article.end()
    infinitive = _TO_VERB.match(text, at, stop)
    if infinitive is not None:
        return infinitive.end()
    token = _TOKEN.match(text, at, stop)
    if token is None or (
        token.group().lower() in _BARRED_FIRST | _PREPOSITIONS | _PARTICLES and not _GENERIC_THE.match(text, at, stop)
    ):
        return None
    return at


def _phrase_end(text: str, at: int, stop: int, most: int) -> int:
    """Where the run of words ends: at a stop word or a mark; where it grows too long, at its last preposition."""
    end = cut = at
    for count, token in enumerate(_TOKEN.finditer(text, at, stop)):
        said = token.group()
        if (
            not (said[0].isalnum() or said[0] in '"\u201c')
            or (count and said.lower() in _STOPS)
            or "\n" in text[end : token.start()]
        ):
            return end
        if count and said.lower() in _PREPOSITIONS:
            cut = end
        if count >= most:
            return cut
        end = token.end()
    return end


def _trimmed(text: str, start: int, end: int, stop: int) -> Filled | None:
    """The thing without adverbs and dangling words at its end; None where it is no thing on its own."""
    for _ in range(2):
        tail = _TAIL.search(text, start, end)
        end = tail.start() if tail else end
    end = without_dangling(text, start, end)
    said = text[start:end].lower()
    if end - start < 2 or said in _NO_THINGS or _POINTS_BACK.search(said) or _OPEN_GERUND.fullmatch(said):
        return None
    if _ADJECTIVE.search(said) and _ATTRIBUTED.match(text, end):
        return None
    return None if _GOES_ON.match(text, end) or _is_relative(text, end, stop) else Filled(start, end)


def _is_relative(text: str, end: int, stop: int) -> bool:
    """Whether another subject follows at once, so that the words were its object: `the places we visit`."""
    return not text[end:stop].strip() and _SUBJECT.match(text, stop) is not None


_SUBJECT = re.compile(r"(?:i|we)\b", re.IGNORECASE)
_NO_THINGS = _STOPS | _FILLERS | _BARRED_FIRST
_OPEN_GERUND = re.compile(
    r"(?:making|watching|playing|going|doing|trying|using|getting|having|taking|giving|seeing|spending|visiting"
    r"|looking|finding|buying"
    r"|play|watch|make|do|eat|wear|wearing|eating|doing .{1,6}|explore|creating|adding|putting|keeping|sharing"
    r"|telling|meeting)"
)
"""Verbs that say nothing without their object, which a list or a stop word has cut off."""
_ADJECTIVE = re.compile(
    r"\b(?:simple|safe|lightweight|new|good|nice|big|small|quick|warm|cold|fun|easy|creative|healthy|fresh|hearty|cozy|light|dark"
    r"|brighter|bright|bold|spicy|sweet|sour|soft|softer|strong|short|long|old|young|quiet|fast|slow|modern|different|unique"
    r"|beautiful|delicious|welcoming|relaxing|exciting)$"
)
_ATTRIBUTED = re.compile(r"\s*,\s*\w|\s+(?:and|or)\s")
"""After an adjective: a second one follows, and then their noun."""
_GOES_ON = re.compile(
    r"\s+(?:(?:of|for|about|with|in|on|to|at|from)\s+)?(?:more|better|less|best|most|is|are|was|were|than|makes?|it"
    r"|them|him|her|this|that)\b",
    re.IGNORECASE,
)
"""A comparison, a verb whose subject the words are, or an object that points back."""


def _more(text: str, at: int, stop: int) -> list[Filled]:
    """The further items of a list, as far as each is short and the list ends as lists do."""
    found: list[Filled] = []
    while len(found) < _MOST_ITEMS:
        joint = _LIST_JOINT.match(text, at, stop)
        if joint is None or joint.end() >= stop:
            break
        token = _TOKEN.match(text, joint.end(), stop)
        if token is None or token.group().lower() in _STOPS | _PREPOSITIONS | _BARRED_FIRST - {"the"}:
            break
        end = _phrase_end(text, joint.end(), stop, _MOST_LIST_WORDS)
        item = _trimmed(text, joint.end(), end, stop)
        if item is None or not _closes(text, end, stop):
            break
        found.append(item)
        at = end
    return found


def _closes(text: str, at: int, stop: int) -> bool:
    """Whether what follows lets the words be an item: a mark or a conjunction. A verb would make them its subject."""
    if _LIST_END.match(text, at, stop) or at >= stop or not text[at:stop].strip():
        return True
    token = _TOKEN.search(text, at, stop)
    return token is not None and token.group().lower() in _ENDS_WELL


_BARRED_SUBJECTS = words(
    "hard late abroad all again together here there alone every a lot more for with in at on and so well enough too "
    "medicine's today tonight tomorrow by from this that up the my until really abroad online"
)


def subject(text: str, at: int, stop: int) -> list[Filled]:
    """A field of study or of skill, one to four words."""
    token = _TOKEN.match(text, at, stop)
    if token is None or token.group().lower() in _BARRED_SUBJECTS:
        return []
    place = _PLACE.search(text, at, stop)
    return [
        found
        for found in thing(text, at, place.start() if place else stop)
        if text.count(" ", found.start, found.end) < 4
    ]


_PLACE = re.compile(r"\s(?:in|at|from|for|on|with|so|to)\s", re.IGNORECASE)
_RIVAL = re.compile(r"\s(?:to|over|rather|instead|than|as|for|when|because)\b", re.IGNORECASE)


def preferred(text: str, at: int, stop: int) -> list[Filled]:
    """What is preferred, without what it is preferred to."""
    rival = _RIVAL.search(text, at + 3, stop)
    return thing(text, at, rival.start() if rival else stop)


def choice(text: str, at: int, stop: int) -> list[Filled]:
    """What somebody names as a favourite: a short phrase that ends its clause, quoted or not."""
    start = at
    article = _CHOICE_ARTICLE.match(text, at, stop)
    if article is not None:
        start = article.end()
    end = _phrase_end(text, start, stop, _MOST_CHOICE_WORDS)
    found = _trimmed(text, start, end, stop)
    if found is None or not _closes(text, found.end, stop) or _CHOICE_BARRED.match(text, start, stop):
        return []
    return [found]


_MOST_CHOICE_WORDS = 7
_CHOICE_ARTICLE = re.compile(r"(?:definitely |probably |either |the |an? )+", re.IGNORECASE)
_CHOICE_BARRED = re.compile(
    r"(?:i|i'm|i've|i'd|it's|im|my|to|when|how|that|what|not|hard|always|so|very|because|where|who|going|getting|coming|also|really|about|one"
    r"|by|on|in|for|like"
    r"|at|too|still|here|there|just|all|ones?|different|similar|similarly|same|quite|pretty|definitely|everything"
    r"|anything|nothing)\b",
    re.IGNORECASE,
)
