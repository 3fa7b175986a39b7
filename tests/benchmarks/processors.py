"""How many messages a second one core folds, codec included, without Kafka: `python tests/benchmarks/processors.py`.

Prints JSON. Time is CPU time of the process, so a busy machine disturbs it little; nothing is asserted.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice

from schemas.codec import Codec, ShippedSchemaIds
from schemas.ids import ConversationId, EventId, MessageId, TenantId, UserId
from schemas.records import Candidate, ConversationEvent, EventType
from streams.extraction.port import Extractor
from streams.extraction.rules import RuleExtractor
from streams.ports import Processor
from streams.processors.consolidate import ConsolidateProcessor
from streams.processors.extract import ExtractProcessor
from streams.replay import Replay, event_record
from topology.topics import TopicName

MESSAGES = 4_000
CONVERSATIONS = 40
ROUNDS = 3
RUN_RECORDS = 500
START = datetime(2024, 3, 1, tzinfo=UTC)

TEXTS = (
    "morning! did you sleep well?",
    "not really, the neighbours had a party until three",
    "oh no. coffee?",
    "I love coffee, but the doctor says two cups are enough.",
    "ha, fair enough",
    "We are going to the lake with the kids next weekend, you should come along.",
    "sounds great, what should I bring?",
    "Just yourself and some bread. My sister Anna makes the salad.",
    "I moved to Porto last month, by the way.",
    "really? how is the new place?",
    "Small but bright. I can see the river from the kitchen window, and the rent is half of what I paid in Lisbon.",
    "I need to renew my passport by Friday, remind me please",
    "ok",
    "did you see the game yesterday? what a finish",
    "I don't like football that much, honestly. I prefer swimming.",
    "My favourite colour is green now, don't ask me why.",
    "lol",
    "see you tomorrow then",
    "I work at a bakery, so I have to get up at four.",
    "that's early. good night!",
)
"""Chat of the project's own: a third says something worth keeping, rather more than people do."""


class Silent:
    """An extractor that finds nothing, to see what the rules cost."""

    name = "silent@1"

    def extract(self, *_: object) -> tuple[Candidate, ...]:
        return ()


def events() -> list[ConversationEvent]:
    """Two people in each conversation, the conversations interleaved."""
    return [
        ConversationEvent(
            event_id=EventId(f"e{number}"),
            type=EventType.MESSAGE_RECORDED,
            tenant_id=TenantId("bench"),
            conversation_id=ConversationId(f"c{number % CONVERSATIONS}"),
            message_id=MessageId(f"m{number}"),
            user_id=UserId(f"u{number % CONVERSATIONS}-{number // CONVERSATIONS % 2}"),
            speaker_name="Speaker",
            text=text,
            occurred_at=START + timedelta(seconds=number),
        )
        for number, text in enumerate(islice(cycle(TEXTS * 3 + TEXTS[:7]), MESSAGES))
    ]


def rate(processors: list[Processor], codec: Codec) -> float:
    """Messages a second of CPU time, the best of some rounds."""
    return max(_round(processors, codec) for _ in range(ROUNDS))


def _round(processors: list[Processor], codec: Codec) -> float:
    replay = Replay(processors, codec=codec, run_records=RUN_RECORDS)
    for event in events():
        replay.log.add(event_record(event, codec, replay.log))
    before = time.process_time()
    replay.take(())
    return MESSAGES / (time.process_time() - before)


def main() -> None:
    codec = Codec(ShippedSchemaIds())
    rules: Extractor = RuleExtractor()
    both = Replay([ExtractProcessor(rules, 4), ConsolidateProcessor()], codec=codec)
    both.take_events(events())
    extractions = len(list(both.log.records(TopicName.EXTRACTIONS)))
    figures = {
        "messages": MESSAGES,
        "messages_with_memory": extractions,
        "extract_per_second": round(rate([ExtractProcessor(rules, 4)], codec)),
        "extract_without_rules_per_second": round(rate([ExtractProcessor(Silent(), 4)], codec)),
        "extract_and_consolidate_per_second": round(rate([ExtractProcessor(rules, 4), ConsolidateProcessor()], codec)),
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
