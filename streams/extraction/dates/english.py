"""English: its date expressions as a table of patterns, each with the function that says what it means.

Free of I/O.
"""

from __future__ import annotations

from typing import Final

from streams.extraction.dates import meanings as means
from streams.extraction.dates.language import Language, Part, by_beginning, by_word, table

_UNITS_OF_TEN = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
_TEENS = ("eleven", "twelf", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_DAY_WORDS = (
    *_UNITS_OF_TEN,
    "tenth",
    *(f"{teen}th" for teen in _TEENS),
    "twentieth",
    *(f"twenty[- ]{unit}" for unit in _UNITS_OF_TEN),
    "thirtieth",
    "thirty[- ]first",
)

_MACROS = {
    "weekday": "(?P<weekday>monday|tuesday|wednesday|thursday|friday|saturday|sunday)",
    "short_weekday": "(?P<weekday>(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?)",
    # small `may` is a verb, unless a number follows it or `in` stands before it
    "month": r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|(?-i:May|MAY)|may(?=\s+(?:the\s+)?\d)"
    r"|(?<=\bin\s)may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?",
    "n": r"(?P<n>\d{1,3}|(?:a )?couple(?: of)?|(?:a )?few|several|an?|one|two|three|four|five|six|seven|eight|nine|ten"
    "|eleven|twelve)",
    "unit": "(?P<unit>minutes?|mins?|hours?|hrs?|days?|nights?|weeks?|weekends?|months?|years?|yrs?)",
    "step": "(?P<step>this past|this coming|last|past|previous|this|current|coming|next)",
    "season": "(?P<season>spring|summer|autumn|fall|winter)",
    "year": r"(?P<year>(?:18|19|20|21)\d\d)",
    "day": r"(?P<day>\d{1,2})(?:st|nd|rd|th)?",
    "day_word": f"(?P<day>{'|'.join(_DAY_WORDS)})",
    "ordinal": r"(?P<day>\d{1,2})(?:st|nd|rd|th)",
    "nth": "(?P<nth>first|second|third|fourth|last|1st|2nd|3rd|4th)",
    "day_name": "(?P<day_name>monday|tuesday|wednesday|thursday|friday|saturday|sunday|weekend)",
    "feast": "(?P<feast>good friday|easter monday|christmas(?: eve| day)?|boxing day|new years?(?:'s)?(?: eve| day)?"
    "|halloween|valentine(?:'?s)?(?: day)?|thanksgiving|easter)",
    "in": "(?:in|since|until|till|by|before|during|from|around)",
    "early": "(?:early|mid|late|earlier|later)",
    "about": "(?:about|around|almost|over|nearly|roughly|like|more than|just)",
    "part_of": "(?:end|start|beginning|middle) of",
    "closing": r"\s*(?:[.,;!?)]|$|(?:and|but|at|so|to|with|for|after|before|when|in|because)\b)",
    "counted": r"[\d:%-]|[.,]\d|\s*(?:[a-z]*bytes?|[kmg]b|ms|people|users?|dollars?|euros?|steps|words|lines|times"
    r"|years|days|weeks|hours|minutes|met(?:er|re)s|miles|km|feet)\b",
    "part": r"(?: (?:in the )?(?:early |late )?(?:morning|afternoon|evening|night|noon|lunchtime))?",
}


_ABSOLUTE = table(
    ("iso", r"(?P<year>\d{4})-(?P<mm>\d\d)-(?P<dd>\d\d)", means.iso),
    ("dotted", r"(?P<left>\d{1,2})\.(?P<right>\d{1,2})\.{year}", means.dotted),
    ("slashed", r"(?P<left>\d{1,2})/(?P<right>\d{1,2})/{year}", means.slashed),
    ("weekday_month_day", r"{short_weekday}\.?,? {month} (?:the )?{day}(?:,? {year})?", means.month_day),
    ("weekday_day_month", r"{short_weekday}\.?,? (?:the )?{day} (?:of )?{month}(?:,? {year})?", means.month_day),
    ("weekday_day", "{weekday},? (?:the )?{ordinal}(?! (?:of|in) )", means.weekday_day),
    ("week_of", "(?:the )?week of (?:the )?{month} (?:the )?{day}(?:,? {year})?", means.week_of),
    ("day_word_month", "(?:the )?{day_word} of {month}(?:,? {year})?", means.month_day),
    ("month_day", r"{month} (?:the )?{day}(?!\d)(?:,? {year})?(?!{counted})", means.month_day),
    ("day_month", "(?:the )?{day} (?:of )?{month}(?:,? {year})?", means.month_day),
    ("month_year", "(?:{in} )?(?:{early}[- ])?{month}(?: of)?,? {year}", means.named_month),
    ("stepped_month", "{step} {month}", means.named_month),
    ("named_month", "(?:{in}|{early})[- ](?:{early}[- ])?{month}(?! (?:the )?\\d)", means.named_month),
    ("stepped_season", "{step} {season}", means.season),
    ("season_year", "(?:the )?{season} (?:of )?{year}", means.season),
    ("day_of_month", "(?:on|by|before|since|until|till|from|around) the {ordinal}(?={closing})", means.day_of_month),
    ("stepped_feast", "{step} {feast}", means.feast),
    ("feast", "(?:on|by|before|since|until|till|from) {feast}(?:,? {year})?", means.feast),
    ("feast_time", "(?:at|over|for|in|during|around) {feast}(?: {year})?", means.feast_time),
    ("year", "{in} (?:{early} )?{year}(?!{counted})", means.plain_year),
)
_DAYS = table(
    ("day_before_yesterday", "(?:the )?day before yesterday", means.fixed(-2)),
    ("day_after_tomorrow", "(?:the )?day after tomorrow", means.fixed(2)),
    ("night_before_last", "(?:the )?night before last", means.fixed(-2)),
    ("yesterday", "yesterday{part}|last night", means.fixed(-1)),
    ("tomorrow", "(?:tomm?orr?ow|tmrw?|tmw){part}", means.fixed(1)),
    ("today", "(?:earlier |later )?today|tonight|this (?:morning|afternoon|evening)", means.fixed(0)),
    ("week_from_today", "a week from (?:now|today)", means.fixed(7)),
    ("week_from_tomorrow", "a week from tomorrow", means.fixed(8)),
)
_WEEKDAYS = table(
    ("weekdays_ago", "{n} {weekday}s ago", means.weekdays_ago),
    ("weekday_before_last", "(?:the )?{weekday} before last", means.weekdays_ago),
    ("weekday_after_next", "(?:the )?{weekday} after next", means.weekday_shift),
    ("weeks_weekday", "{step} week's {weekday}", means.weekday_of_week),
    ("weekday_of_week", "{weekday}{part} (?:of |from )?{step} week", means.weekday_of_week),
    ("weeks_from_weekday", "{n} weeks from {weekday}", means.weeks_from_weekday),
    ("week_from_weekday", "a week from {weekday}", means.weekday_shift),
    ("weekday_week", "{weekday} week", means.weekday_shift),
    ("nth_of_month", "(?:the )?{nth} {day_name} (?:of|in) {month}(?:,? {year})?", means.nth_of_month),
    ("nth_week_of_month", "(?:the )?{nth} week (?:of|in) {month}(?:,? {year})?", means.nth_week_of_month),
    ("nth_day_of_month", "(?:the )?{nth} day (?:of|in) {month}(?:,? {year})?", means.nth_day_of_month),
    ("stepped_weekday", "{step} {short_weekday}{part}", means.stepped_weekday),
    ("weekday", "{weekday}{part}", means.bare_weekday),
    ("short_weekday", "(?:on|{in}) {short_weekday}{part}", means.bare_weekday),
)
_UNITS = table(
    ("before_last", "(?:the )?(?P<unit>week|weekend|month|year) before last", means.before_last),
    ("after_next", "(?:the )?(?P<unit>week|weekend|month|year) after next", means.after_next),
    ("weekend", "(?:{step} |the |at the |over the )weekend", means.weekend),
    ("part_of_week", "(?:the )?{part_of} (?:{step}|the) week", means.week),
    ("part_of_month", "(?:the )?{part_of} (?:{step}|the) month", means.calendar_month),
    ("part_of_year", "(?:the )?{part_of} (?:{step}|the) year", means.calendar_year),
    ("week", "(?:the )?(?:{early} )?{step} week", means.week),
    ("calendar_month", "(?:the )?(?:{early} )?{step} month", means.calendar_month),
    ("calendar_year", "(?:the )?(?:{early} )?{step} year", means.calendar_year),
    ("ago", "(?:{about} )?{n} {unit} ago", means.ago),
    ("ahead", "in (?:{about} )?{n} {unit}(?:'?s? time)?", means.ahead),
    ("from_now", "{n} {unit} from (?:now|today)", means.ahead),
    ("up_to_now", "(?:for|over|in) the (?:past|last) (?:{about} )?{n} {unit}", means.lasting),
    ("lasting", "for (?:{about} )?{n} {unit}", means.lasting),
)


def _spellings(day: str) -> tuple[str, ...]:
    return (day.replace("[- ]", "-"), day.replace("[- ]", " "))


def _feast(words: str) -> str:
    name = words.removesuffix(" day").replace("years", "year").replace("'s", "").replace("valentines", "valentine")
    return {"boxing": "boxing day", "new year eve": "new year's eve"}.get(name, name)


_ORDINALS = {
    "1": ("first", "1st"),
    "2": ("second", "2nd"),
    "3": ("third", "3rd"),
    "4": ("fourth", "4th"),
    "-1": ("last",),
}
_FROM_FOUR = ("four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBERS = {
    "1": ("a", "an", "one"),
    "2": ("two", "couple", "a couple", "couple of", "a couple of"),
    "3": ("three",),
    means.FEW: ("few", "a few", "several"),
    **{str(number): (word,) for number, word in enumerate(_FROM_FOUR, start=4)},
}
_ANCHOR_NOUNS = (
    *means.WEEKDAYS,
    *("day", "night", "week", "weekend", "month", "year", "morning", "afternoon", "evening"),
    *("spring", "summer", "autumn", "fall", "winter"),
)
_ANCHORS = (
    r"today|tonight|yesterday|tomm?orr?ow|tmr?w|tmr|ago|weekend|weeks?|months?|years?|yrs|days|nights?|day (?:before"
    r"|after)"
    "|morning|afternoon|evening|(?:mon|tues|wednes|thurs|fri|satur|sun)day|spring|summer|autumn|fall|winter"
    "|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?|christmas|boxing|halloween|valentine|thanksgiving|easter|new year"
    r"|mon|tues?|wed|thu|thurs|fri|sat|sun|(?:18|19|20|21)\d\d|\d{1,2}(?:st|nd|rd|th)|from now"
)

_SHORT_DAYS = ("mon", "tue", "tues", "wed", "thu", "thur", "thurs", "fri", "sat", "sun")
_ANCHOR_WORDS = frozenset(
    (
        *(
            "today",
            "tonight",
            "yesterday",
            "tomorrow",
            "tomorow",
            "tommorow",
            "tommorrow",
            "tmrw",
            "tmw",
            "tmr",
            "now",
            "ago",
        ),
        *("christmas", "boxing", "halloween", "valentine", "valentines", "thanksgiving", "easter", "sept", "yr", "yrs"),
        *(f"{word}{plural}" for word in _ANCHOR_NOUNS for plural in ("", "s")),
        *means.MONTHS,
        *(month[:3] for month in means.MONTHS),
        *_SHORT_DAYS,
        *(f"{year}" for year in range(1800, 2200)),
        *(
            f"{day:{padded}}{ending}"
            for day in range(100)
            for padded in ("", "02")
            for ending in ("st", "nd", "rd", "th")
        ),
    )
)

ENGLISH: Final = Language(
    expressions=(*_ABSOLUTE, *_DAYS, *_WEEKDAYS, *_UNITS),
    macros=_MACROS,
    readings={
        "weekday": by_beginning(means.WEEKDAYS),
        "day_name": by_beginning(means.WEEKDAYS, wee="weekend"),
        "month": by_beginning(means.MONTHS),
        "day": by_word({str(day): _spellings(word) for day, word in enumerate(_DAY_WORDS, start=1)}),
        "season": by_word({"autumn": ("fall",)}),
        "n": by_word(_NUMBERS),
        "nth": by_word(_ORDINALS),
        "step": by_word({"last": ("this past", "past", "previous"), "this": ("current",), "coming": ("this coming",)}),
        "unit": by_word(
            {
                "minute": ("minutes", "min", "mins"),
                "hour": ("hours", "hr", "hrs"),
                "day": ("days", "night", "nights"),
                "weekend": ("weekends",),
                "week": ("weeks",),
                "month": ("months",),
                "year": ("years", "yr", "yrs"),
            }
        ),
        "feast": _feast,
    },
    anchors=_ANCHORS,
    anchor_words=_ANCHOR_WORDS,
    anchor_letters="adefhjmnostwybcv",
    reach=48,  # `the beginning of September of 2019`, with spaces
    parts={
        "since": Part.SINCE,
        "from": Part.SINCE,
        "starting": Part.SINCE,
        "until": Part.UNTIL,
        "till": Part.UNTIL,
        "by": Part.BY,
        "before": Part.BY,
    },
    own_parts={"lasting": Part.SINCE, "up_to_now": Part.SINCE},
    begun=frozenset({"since"}),
    articles="the",
    needs_before={"lasting": r"\b(?:have|has|had|haven|hasn|been)\b|'(?:ve|d)\b|'s\s+(?:been|had|known|\w+ed)\b"},
    # `we've had them for a year`: since then; `we rented it for a week` has no date
    refused_before={"ahead": r"\b(?:haven|hasn|hadn)'?t\b|\bnever\b"},
    # `we haven't talked in a few days`
    no_date_after=r"\b(?:(?:every|each)\s+(?:first|1st|second|2nd|third|3rd|fourth|4th|last)|every|each|any|most|other|after|black|casual|taco|one|some|an?|happy|merry|good|great|nice"
    r"|lovely|wonderful|fun|beautiful|relaxing|lazy|perfect|fantastic|blessed)\s+$|[$€£#@]$"
    r"|\b(?:feels?|felt|seems?|seemed)\s+like\s+(?:just\s+|only\s+)?$",
    # `every Friday` is a habit, `have a great Friday` a greeting, `Black Friday` a name, `one day` no certain day
    no_date_behind=r"\w|'s\s+(?:eve|day)|-\w",
)
