"""Rules about how to reach somebody: e-mail, phone, web address, handle.

Data, free of I/O. An address alone is nobody's: the words before it must say that it is the speaker's.
"""

from __future__ import annotations

from typing import Final

from streams.extraction.rules.model import ContactRule, example

_EMAIL = r"(?P<value>[\w.+-]{1,64}@[a-z\d-]{1,63}(?:\.[a-z\d-]{1,63}){1,4})"
_PHONE = r"(?P<value>(?:\+|00)?\(?\d[\d\s().-]{5,20}\d)(?![\w.-]*\w)"
_URL = r"(?P<value>(?:https?://)?(?:www\.)?[a-z\d-]{1,63}(?:\.[a-z\d-]{2,63}){1,3}(?:/[\w./%~?=&#+-]{0,200})?)"
_HANDLE = r"(?P<value>(?=@|[\w.-]{0,38}[\d_])@?[a-z\d](?:[\w.-]{1,38}\w))"
_NETWORK = (
    "instagram|insta|ig|twitter|discord|telegram|tiktok|snapchat|snap|mastodon|bluesky|threads|steam|reddit"
    "|github|gitlab|skype|linkedin"
)

RULES: Final = (
    ContactRule(
        name="email.my_email_is",
        slot="email",
        cues=("@",),
        pattern=rf"\b(?:my (?:[a-z]+ )?e-?mail(?: address)?(?:'s| is|:)|(?:e-?mail|reach|contact|write(?: to)?|mail"
        rf"|ping) me (?:at|on|via)(?: my e-?mail)?:?) {_EMAIL}",
        confidence=0.95,
        examples=(
            example("My email is Ana@Example.org.", "ana@example.org"),
            example("you can reach me at rui.c@example.com", "rui.c@example.com"),
        ),
        counter_examples=("Write to info@example.org.", "Her email is ana@example.org.", "My email is broken."),
    ),
    ContactRule(
        name="phone.my_number_is",
        slot="phone",
        cues=("number", "phone", "call", "text", "whatsapp", "reach", "cell", "mobile"),
        pattern=r"\b(?:my (?:[a-z]+ )?(?:(?:phone|cell|mobile|whatsapp)(?: number| no\.?)?|number)(?:'s| is|:)"
        r"|(?:call|text|reach|phone|ring|whatsapp) me (?:at|on):?)"
        rf" {_PHONE}",
        confidence=0.95,
        examples=(
            example("My number is +351 912 345 678.", "+351912345678"),
            example("call me on 020 7946 0018", "02079460018"),
        ),
        counter_examples=(
            "My number is 7.",
            "The number is +351 912 345 678.",
            "Call me at 5.",
            "My phone is 3 years old.",
        ),
    ),
    ContactRule(
        name="url.my_site_is",
        slot="url",
        cues=("http", "www.", ".com", ".org", ".net", ".io", ".dev", ".me", ".pt", ".de", ".uk"),
        pattern=rf"\bmy (?:[a-z]+ )?(?:website|web ?site|site|blog|portfolio|homepage|page|channel|store|shop|repo"
        rf"|github|linkedin)(?:'s| is| is at|:)(?: here:?| at)? {_URL}",
        confidence=0.9,
        examples=(example("My blog is at https://anabakes.example.org/bread", "https://anabakes.example.org/bread"),),
        counter_examples=("Look at https://example.org.", "My site is down."),
    ),
    ContactRule(
        name="handle.my_handle_is",
        slot="handle",
        cues=(*_NETWORK.split("|"), "handle", "username", "gamertag"),
        pattern=rf"\b(?:my (?:{_NETWORK}) ?(?:handle |username |name |id |account |tag )?(?:'s |is |: ?)|my"
        rf" (?:handle|username|gamertag)(?: on (?:{_NETWORK}))?(?:'s | is |: ?)"
        rf"|(?:find|follow|add|dm) me on (?:{_NETWORK})(?: at|:|,)? (?=@)){_HANDLE}(?<!\.)(?=\s*(?:[.,;!)]|$)"
        rf"|\s+(?:on|and|if)\b)",
        confidence=0.9,
        examples=(
            example("My instagram is @ana_bakes.", "@ana_bakes"),
            example("follow me on twitter: @rui.c", "@rui.c"),
        ),
        counter_examples=("My instagram is not public.", "@ana_bakes is great.", "His instagram is @rui.c."),
    ),
)
