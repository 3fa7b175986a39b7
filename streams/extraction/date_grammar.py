"""The grammar of English date expressions: a table of patterns, each with the function that says what it means.

Free of I/O. A language is such a table; the order is that of trial, so a longer form stands before its parts.
"""

from __future__ import annotations

from dataclasses import dataclass

from streams.extraction import date_meanings as means
from streams.extraction.date_meanings import Meaning


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """One form of words for a date. In `pattern` a space is any white space and `{name}` a part of `MACROS`."""

    name: str
    pattern: str
    meaning: Meaning


MACROS = {
    "weekday": "(?P<weekday>monday|tuesday|wednesday|thursday|friday|saturday|sunday)",
    "short_weekday": "(?P<weekday>(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?)",
    "month": "(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?",
    "n": r"(?P<n>\d{1,3}|(?:a )?couple(?: of)?|(?:a )?few|several|an?|one|two|three|four|five|six|seven|eight|nine|ten"
    "|eleven|twelve)",
    "unit": "(?P<unit>minutes?|mins?|hours?|hrs?|days?|nights?|weeks?|weekends?|months?|years?|yrs?)",
    "step": "(?P<step>this past|this coming|last|past|this|coming|next)",
    "season": "(?P<season>spring|summer|autumn|fall|winter)",
    "year": r"(?P<year>(?:18|19|20|21)\d\d)",
    "day": r"(?P<day>\d{1,2})(?:st|nd|rd|th)?",
    "ordinal": r"(?P<day>\d{1,2})(?:st|nd|rd|th)",
    "nth": "(?P<nth>first|second|third|fourth|last|1st|2nd|3rd|4th)",
    "day_name": "(?P<day_name>monday|tuesday|wednesday|thursday|friday|saturday|sunday|weekend)",
    "feast": "(?P<feast>christmas(?: eve| day)?|boxing day|new years?(?:'s)?(?: eve| day)?|halloween"
    "|valentine(?:'?s)?(?: day)?|thanksgiving|easter)",
    "in": "(?:in|since|until|till|by|before|during|from|around)",
    "early": "(?:early|mid|late|earlier|later)",
    "about": "(?:about|around|almost|over|nearly|roughly|like|more than|just)",
    "part_of": "(?:end|start|beginning|middle) of",
    "closing": r"\s*(?:[.,;!?)]|$|(?:and|but|at|so|to|with|for)\b)",
    "counted": r"[\d:%-]|[.,]\d|\s*(?:[a-z]*bytes?|[kmg]b|ms|people|users?|dollars?|euros?|steps|words|lines|times)\b",
    "part": r"(?: (?:in the )?(?:early |late )?(?:morning|afternoon|evening|night|noon|lunchtime))?",
}


def _table(*rows: tuple[str, str, Meaning]) -> tuple[Expression, ...]:
    return tuple(Expression(name=name, pattern=pattern, meaning=meaning) for name, pattern, meaning in rows)


_ABSOLUTE = _table(
    ("iso", r"(?P<year>\d{4})-(?P<mm>\d\d)-(?P<dd>\d\d)", means.iso),
    ("dotted", r"(?P<left>\d{1,2})\.(?P<right>\d{1,2})\.{year}", means.dotted),
    ("slashed", r"(?P<left>\d{1,2})/(?P<right>\d{1,2})/{year}", means.slashed),
    ("weekday_month_day", "{weekday},? {month} (?:the )?{day}(?:,? {year})?", means.month_day),
    ("weekday_day_month", "{weekday},? (?:the )?{day} (?:of )?{month}(?:,? {year})?", means.month_day),
    ("month_day", r"{month} (?:the )?{day}(?!\d)(?:,? {year})?(?!{counted})", means.month_day),
    ("day_month", "(?:the )?{day} (?:of )?{month}(?:,? {year})?", means.month_day),
    ("month_year", "(?:{in} )?(?:{early}[- ])?{month}(?: of)?,? {year}", means.named_month),
    ("stepped_month", "{step} {month}", means.named_month),
    ("named_month", "(?:{in}|{early})[- ](?:{early}[- ])?{month}(?! (?:the )?\\d)", means.named_month),
    ("stepped_season", "{step} {season}", means.season),
    ("season_year", "(?:the )?{season} (?:of )?{year}", means.season),
    ("day_of_month", "(?:on|{in}) the {ordinal}(?={closing})", means.day_of_month),
    ("stepped_feast", "{step} {feast}", means.feast),
    ("feast", "(?:on|over|at|for|{in}) {feast}", means.feast),
    ("year", "{in} (?:{early} )?{year}(?!{counted})", means.plain_year),
)
_DAYS = _table(
    ("day_before_yesterday", "(?:the )?day before yesterday", means.fixed(-2)),
    ("day_after_tomorrow", "(?:the )?day after tomorrow", means.fixed(2)),
    ("night_before_last", "(?:the )?night before last", means.fixed(-2)),
    ("yesterday", "yesterday{part}|last night", means.fixed(-1)),
    ("tomorrow", "(?:tomm?orr?ow|tmrw?|tmw){part}", means.fixed(1)),
    ("today", "(?:earlier |later )?today|tonight|this (?:morning|afternoon|evening)", means.fixed(0)),
    ("week_from_today", "a week from (?:now|today)", means.fixed(7)),
    ("week_from_tomorrow", "a week from tomorrow", means.fixed(8)),
)
_WEEKDAYS = _table(
    ("weekdays_ago", "{n} {weekday}s ago", means.weekdays_ago),
    ("weekday_before_last", "(?:the )?{weekday} before last", means.weekdays_ago),
    ("weekday_of_week", "{weekday}{part} (?:of )?{step} week", means.weekday_of_week),
    ("week_from_weekday", "a week from {weekday}", means.weekday_shift),
    ("weekday_week", "{weekday} week", means.weekday_shift),
    ("nth_of_month", "(?:the )?{nth} {day_name} (?:of|in) {month}(?:,? {year})?", means.nth_of_month),
    ("stepped_weekday", "{step} {short_weekday}{part}", means.stepped_weekday),
    ("weekday", "{weekday}{part}", means.bare_weekday),
    ("short_weekday", "(?:on|{in}) {short_weekday}{part}", means.bare_weekday),
)
_UNITS = _table(
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
    ("lasting", "for (?:the (?:past|last) )?(?:{about} )?{n} {unit}", means.lasting),
)

EXPRESSIONS: tuple[Expression, ...] = (*_ABSOLUTE, *_DAYS, *_WEEKDAYS, *_UNITS)
"""Every form, in the order of trial."""

ANCHORS = (
    r"today|tonight|yesterday|tomm?orr?ow|tmr?w|tmr|ago|weekend|weeks?|months?|years?|yrs|days|nights?|day (?:before"
    r"|after)"
    "|morning|afternoon|evening|(?:mon|tues|wednes|thurs|fri|satur|sun)day|spring|summer|autumn|fall|winter"
    "|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?|christmas|boxing|halloween|valentine|thanksgiving|easter|new year"
    r"|mon|tues?|wed|thu|thurs|fri|sat|sun|(?:18|19|20|21)\d\d|\d{1,2}(?:st|nd|rd|th)|from now"
)
"""Words without which no expression is complete: where none of them stands, the table need not be tried."""

REACH = 48
"""How many characters an expression can extend from its anchor: `the beginning of September of 2019`, with spaces."""
