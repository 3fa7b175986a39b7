"""German: its date expressions as a table of patterns, each with the function that says what it means.

Free of I/O. Umlauts may be written out (`naechste`). `nächsten Freitag` is the one that comes next, as Duckling has it.
"""

from __future__ import annotations

from typing import Final

from streams.extraction.dates import meanings as means
from streams.extraction.dates.language import Language, Part, by_beginning, by_word, table

_DAY_NAMES = "montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag"
_TIMES = "früh|frueh|morgen|vormittag|mittag|nachmittag|abend|nacht"

_MACROS = {
    "part": rf"(?:\s?(?:{_TIMES}))?",
    "weekday": f"(?P<weekday>{_DAY_NAMES})",
    "day_name": f"(?P<day_name>{_DAY_NAMES}|wochenende)",
    "month": r"(?P<month>jan(?:uar)?|j(?:ä|ae)n(?:ner)?|feb(?:ruar)?|m(?:ä|ae)rz|mrz|apr(?:il)?|mai|juni?|juli?"
    r"|aug(?:ust)?|sept?(?:ember)?|okt(?:ober)?|nov(?:ember)?|dez(?:ember)?)\.?",
    "n": r"(?P<n>\d{1,3}|ein(?:e[mnr]?)?|ein paar|einigen|mehreren|wenigen|zwei|drei|vier|f(?:ü|ue)nf|sechs|sieben|acht"
    "|neun|zehn|elf|zw(?:ö|oe)lf)",
    "unit": "(?P<unit>minuten?|stunden?|tag(?:en?)?|n(?:ä|ae)chten|nacht|wochenenden?|wochen?|monat(?:en?)?"
    "|jahr(?:en?)?)",
    "one_unit": "(?P<unit>wochenende|woche|monat|jahr)",
    "step": "(?P<step>letzt|vergangen|vorig|dies|kommend|n(?:ä|ae)chst)e[mnrs]?",
    "step_here": "(?P<step>letzt|vergangen|vorig|dies|kommend)e[mnrs]?",
    "season": "(?P<season>fr(?:ü|ue)hling|fr(?:ü|ue)hjahr|sommer|herbst|winter)",
    "year": r"(?P<year>(?:18|19|20|21)\d\d)",
    "day": r"(?P<day>\d{1,2})\.",
    "nth": "(?P<nth>erst|zweit|dritt|viert|letzt)e[mnrs]?",
    "feast": "(?P<feast>heiligabend|weihnachten|silvester|neujahr|karfreitag|ostersonntag|ostermontag|ostern|pfingsten"
    "|halloween|nikolaus|valentinstag)",
    "in": "(?:in|im|am|um|seit|bis|ab|von|vom|vor|gegen|zu|zum|an|über|ueber)",
    "article": "(?:(?:den|dem|der|das|zum|zur) )?",
    "early": "(?:anfang|mitte|ende)",
    "about": "(?:etwa|ungef(?:ä|ae)hr|circa|ca\\.|rund|fast|knapp|(?:ü|ue)ber|gut|mehr als)",
    "counted": r"(?:[\d:%€-]|[.,]\d"
    r"|\s*(?:[a-zäöü]*bytes?|[kmg]b|euro|leuten?|menschen|personen|zeilen|zeichen|mal|metern?|km|kg|jahren?|tagen?|stunden?)\b)",
    "no_month": r"(?!\s*(?:\d|j[äa]n|jaen|feb|m[äa]r|maer|mrz|apr|mai|jun|jul|aug|sep|okt|nov|dez))",
    # what an ordinal counts is a noun, and so is capital
    "no_place": r"(?!\s+(?-i:[A-ZÄÖÜ])|\s+(?:tage?|mal|platz|stelle|stock|klasse)\b|\s*(?:bis|und|oder|[-/])\s*\d)",
    "day_month": r"(?P<left>\d{1,2})\.\s?(?P<right>\d{1,2})\.",
    # the adverb is small but at the beginning of a sentence; `am Morgen`, `der nächste morgen` are times of a day
    "morgen": r"(?:(?<!\bam\s)(?<!\bder\s)(?<!guten\s)(?<!jeden\s)(?<!eines\s)(?<!frühen\s)(?<!nächsten\s)"
    r"(?-i:morgen)|(?<![\w,]\s)(?-i:Morgen))",
    "on": "(?:am|vom|zum|ab|bis|seit)",
}

_ABSOLUTE = table(
    ("iso", r"(?P<year>\d{4})-(?P<mm>\d\d)-(?P<dd>\d\d)", means.iso),
    ("weekday_dotted", r"{weekday},? {article}{day_month}(?:\s?{year})?(?!\s?\d)", means.dotted),
    ("dotted", r"{day_month}\s?{year}", means.dotted),
    ("day_dot_month", r"{on} {article}{day_month}(?!\s?\d)", means.dotted),
    ("weekday_day_month", r"{weekday},? {article}{day}\s?{month}(?: {year})?", means.month_day),
    ("day_month", r"{day}\s?{month}(?: {year})?", means.month_day),
    ("month_year", "(?:{in} )?(?:{early} )?{month} {year}", means.named_month),
    ("month_of_year", "(?:im |{early} )?{month} {step} jahres", means.month_of_year),
    ("stepped_month", "{step} {month}", means.named_month),
    ("named_month", r"(?:im|seit|ab|bis|{early}) (?:{early} )?{month}(?! \d)", means.named_month),
    ("season_year", "{season} (?:des jahres )?{year}", means.season),
    ("stepped_season", "{step} {season}", means.season),
    ("day_of_month", "{on} {article}{day}{no_month}{no_place}", means.day_of_month),
    ("feast_year", "{feast} {year}", means.feast),
    ("stepped_feast", "{step} {feast}", means.feast),
    ("feast", "{in} {feast}(?: {year})?", means.feast),
    ("year", "(?:(?:{in}|des) jahre?s? |in |seit |bis |ab |um |{early} ){year}(?!{counted})", means.plain_year),
)
_DAYS = table(
    ("day_before_yesterday", "vorgestern{part}", means.fixed(-2)),
    ("day_after_tomorrow", "(?:ü|ue)bermorgen{part}", means.fixed(2)),
    ("ahead_from_today", "heute in {n} {unit}", means.day_from_today(1)),
    ("ago_from_today", "heute vor {n} {unit}", means.day_from_today(-1)),
    ("week_from_tomorrow", "morgen in (?:einer|1) woche", means.fixed(8)),
    ("yesterday", "gestern{part}|letzte nacht|vergangene nacht", means.fixed(-1)),
    ("today", "heute{part}|diesen (?:morgen|vormittag|nachmittag|abend)", means.fixed(0)),
    ("tomorrow", "{morgen}{part}", means.fixed(1)),
)
_WEEKDAYS = table(
    ("weekdays_ago", "vor {n} {weekday}en", means.weekdays_ago),
    ("weekday_before_last", "vorletzte[nrms]? {weekday}", means.weekdays_ago),
    ("weekday_after_next", "(?:ü|ue)bern(?:ä|ae)chste[nrms]? {weekday}", means.weekday_shift),
    ("weekday_of_week", "{weekday}{part} (?:der |in der )?{step} woche", means.weekday_of_week),
    ("weeks_from_weekday", "{weekday} in {n} wochen?", means.weeks_from_weekday),
    ("nth_of_month", "{nth} {day_name} (?:im|in|des) {month}(?: {year})?", means.nth_of_month),
    ("next_weekday", "n(?:ä|ae)chste[nrms]? {weekday}{part}", means.coming_weekday),
    ("stepped_weekday", "{step_here} {weekday}{part}", means.stepped_weekday),
    ("weekday", "{weekday}{part}", means.bare_weekday),
)
_UNITS = table(
    ("before_last", "vorletzte[nrms]? {one_unit}", means.before_last),
    ("after_next", "(?:ü|ue)bern(?:ä|ae)chste[nrms]? {one_unit}", means.after_next),
    ("weekend", "(?:{step}|am|(?:ü|ue)bers|(?:ü|ue)ber das) wochenende", means.weekend),
    ("part_of_week", "{early} (?:{step}|der) woche", means.week),
    ("part_of_month", "{early} (?:{step}|des) monats", means.calendar_month),
    ("part_of_year", "{early} (?:{step}|des) jahres", means.calendar_year),
    ("week", "{step} woche", means.week),
    ("calendar_month", "{step} monat", means.calendar_month),
    ("calendar_year", "{step} jahre?s?", means.calendar_year),
    ("ago", "vor (?:{about} )?{n} {unit}", means.ago),
    ("ahead", "in (?:{about} )?{n} {unit}", means.ahead),
    ("lasting", "seit (?:{about} )?{n} {unit}", means.lasting),
)

_NUMBERS = {
    "1": ("ein", "eine", "einem", "einen", "einer"),
    "2": ("zwei",),
    "3": ("drei",),
    means.FEW: ("ein paar", "einigen", "mehreren", "wenigen"),
    "4": ("vier",),
    "5": ("fünf", "fuenf"),
    "6": ("sechs",),
    "7": ("sieben",),
    "8": ("acht",),
    "9": ("neun",),
    "10": ("zehn",),
    "11": ("elf",),
    "12": ("zwölf", "zwoelf"),
}
_MONTHS = {
    "january": ("jan", "januar", "jän", "jänner", "jaen", "jaenner"),
    "february": ("feb", "februar"),
    "march": ("märz", "maerz", "mrz"),
    "april": ("apr",),
    "may": ("mai",),
    "june": ("jun", "juni"),
    "july": ("jul", "juli"),
    "august": ("aug",),
    "september": ("sep", "sept"),
    "october": ("okt", "oktober"),
    "november": ("nov",),
    "december": ("dez", "dezember"),
}
_FEASTS = {
    "new year": ("neujahr",),
    "valentine": ("valentinstag",),
    "good friday": ("karfreitag",),
    "easter": ("ostern", "ostersonntag"),
    "easter monday": ("ostermontag",),
    "pentecost": ("pfingsten",),
    "saint nicholas": ("nikolaus",),
    "christmas eve": ("heiligabend",),
    "christmas": ("weihnachten",),
    "new year's eve": ("silvester",),
}
_weekday = by_beginning(
    (),
    mon="monday",
    die="tuesday",
    mit="wednesday",
    don="thursday",
    fre="friday",
    sam="saturday",
    son="sunday",
    woc="weekend",
)
_UNIT_NAMES = {
    "minute": ("minuten",),
    "hour": ("stunde", "stunden"),
    "day": ("tag", "tage", "tagen", "nacht", "nächten", "naechten"),
    "weekend": ("wochenende", "wochenenden"),
    "week": ("woche", "wochen"),
    "month": ("monat", "monate", "monaten"),
    "year": ("jahr", "jahre", "jahren"),
}

GERMAN: Final = Language(
    expressions=(*_ABSOLUTE, *_DAYS, *_WEEKDAYS, *_UNITS),
    macros=_MACROS,
    readings={
        "weekday": lambda words: "saturday" if words == "sonnabend" else _weekday(words),
        "day_name": lambda words: "saturday" if words == "sonnabend" else _weekday(words),
        "month": by_word(_MONTHS),
        "season": by_word(
            {
                "spring": ("frühling", "fruehling", "frühjahr", "fruehjahr"),
                "summer": ("sommer",),
                "autumn": ("herbst",),
            }
        ),
        "n": by_word(_NUMBERS),
        "nth": by_word({"1": ("erst",), "2": ("zweit",), "3": ("dritt",), "4": ("viert",), "-1": ("letzt",)}),
        "step": by_word(
            {
                "last": ("letzt", "vergangen", "vorig"),
                "this": ("dies",),
                "coming": ("kommend",),
                "next": ("nächst", "naechst"),
            }
        ),
        "unit": by_word(_UNIT_NAMES),
        "feast": by_word(_FEASTS),
    },
    anchors=(
        "heute|(?:vor)?gestern|(?:über|ueber)?morgen|nacht|abend|tage?n?|nächten|naechten|woche|monat|jahr|vormittag"
        f"|nachmittag|{_DAY_NAMES}|frühling|fruehling|frühjahr|fruehjahr|sommer|herbst|winter|jan|jän|jaen|feb|märz|maerz"
        "|mrz|apr|mai|jun|jul|aug|sep|okt|nov|dez|heiligabend|weihnachten|silvester|neujahr|karfreitag|oster|pfingsten"
        r"|halloween|nikolaus|valentinstag|(?:18|19|20|21)\d\d|\d{1,2}\."
    ),
    anchor_words=None,
    anchor_letters="adfghjkmnopstuüvw",
    reach=48,  # `seit mehr als zwölf Wochenenden`, with spaces
    parts={
        "seit": Part.SINCE,
        "ab": Part.SINCE,
        "von": Part.SINCE,
        "vom": Part.SINCE,
        "bis": Part.UNTIL,
        "vor": Part.BY,
    },
    own_parts={"lasting": Part.SINCE, "ago": Part.WHEN, "weekdays_ago": Part.WHEN},
    begun=frozenset({"seit"}),
    articles="dem|den|der|zum|zur|letzten|letzter",
    needs_before={},
    refused_before={},
    no_date_after=r"\b(?:jede[nrs]?(?:\s+(?:ersten?|zweiten?|dritten?|letzten?))?|nach|guten|schönen|tollen|ruhigen|eines|frohe|fröhliche|schwarzer)\s+$|[$€£#@]$",
    # `jeden Freitag` is a habit, `frohe Weihnachten` a greeting
    no_date_behind=r"\w|-\w",
)
