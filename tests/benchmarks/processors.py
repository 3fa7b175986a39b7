"""How many messages a second one core folds, codec included, without Kafka: `python tests/benchmarks/processors.py`.

Prints JSON. What is timed is a lane's pure part: decode, fold, choose partitions, encode outputs and rows. Time is CPU
time of the process, so a busy machine disturbs it little; nothing is asserted.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice

from schemas.codec import Codec, ShippedSchemaIds
from schemas.enums import EventType
from schemas.ids import ConversationId, EventId, MessageId, TenantId, UserId
from schemas.keys import partition_of
from schemas.records import Candidate, ConversationEvent, MessageExtraction, Record
from streams.extraction.port import Extractor
from streams.extraction.rules import RuleExtractor
from streams.ports import Output, Processor, RawRecord
from streams.processors.consolidate import ConsolidateProcessor
from streams.processors.extract import ExtractProcessor
from streams.replay import Replay, event_record
from streams.run import fold_run
from streams.stores import MemoryTable, RunStores
from topology.topics import TopicName

MESSAGES = 4_000
CONVERSATIONS = 40
ROUNDS = 5
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


SMALL_TALK = (
    "has anybody tried the new release yet?",
    "yes, since tuesday. it boots twice as fast here",
    "hm, mine hangs at the splash screen",
    "did you look into the log? there should be a line about the graphics driver",
    "how do I get to the log when the screen stays black?",
    "press alt and f2, then log in on the console",
    "ok, one moment",
    "I think I broke something, it says permission denied",
    "you need to be root for that",
    "ah. right. silly me",
    "it says: cannot open device, no such file or directory",
    "then the module is not loaded. try modprobe and look again",
    "that did it, thanks a lot!",
    "you're welcome",
    "hello everybody",
    "hi! long time no see",
    "I know, I know. I was buried in paperwork all month",
    "poor you. is it over now?",
    "almost. they want one more report and then that's it",
    "haha, they always want one more report",
    "who is bringing the cake?",
    "not me, I brought it the last two times",
    "fine, I will ask the others then",
    "the bus is late again, don't wait for me",
    "no hurry, the film starts at eight anyway",
    "which one is it? I forgot",
    "the one about the lighthouse, she saw it and could not stop talking about it",
    "sounds gloomy",
    "a bit, yes. but the pictures are said to be beautiful",
    "can someone tell me how to mount a usb stick by hand?",
    "mkdir a folder, then mount /dev/sdb1 on it",
    "is it always sdb1?",
    "no, look at the end of dmesg after you plug it in",
    "got it, there it is",
    "what do you all think about the new logo?",
    "too round for my taste",
    "I don't mind it, to be honest. it could be worse",
    "we could put it to the vote",
    "please no, we voted on the last one for three weeks",
    "true :)",
    "I can't find the keys, have you seen them anywhere?",
    "on the table next to the window, where you left them",
    "oh. thank you!",
    "the rain has stopped, shall we go out for a bit?",
    "give me ten minutes",
    "if I had known that I would have come by earlier",
    "next time, there is no rush",
    "they said it would be repaired within a week, and now look",
    "typical. call them again",
    "I did, nobody picks up the phone",
    "does the printer work for anyone?",
    "it does, but it is out of paper again",
    "why is it always me who has to refill it",
    "because you are the only one who knows where the paper is, lol",
    "I see your point",
    "so what is for lunch?",
    "soup, I suppose. there was some left",
    "good enough",
    "back in five",
    "see you",
)
"""Help and chatter of the project's own, such as fills most of a channel: it says nothing worth keeping."""

MIXES = {"dense": TEXTS, "ordinary": SMALL_TALK + TEXTS}
"""Ordinary chat yields what real chat does: about ten items in a hundred messages."""


class Silent:
    """An extractor that finds nothing, to see what the rules cost."""

    name = "silent@1"

    def extract(self, *_: object) -> tuple[Candidate, ...]:
        return ()


@dataclass(slots=True)
class Spent:
    """Seconds of CPU time for all messages."""

    decode: float
    fold: float
    encode: float

    @property
    def all(self) -> float:
        return self.decode + self.fold + self.encode


def events(texts: Sequence[str] = TEXTS) -> list[ConversationEvent]:
    """Two people in each conversation, the conversations interleaved."""
    chat = [*texts] * 3 + [*texts[:7]]
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
        for number, text in enumerate(islice(cycle(chat), MESSAGES))
    ]


def inputs(texts: Sequence[str], codec: Codec) -> tuple[list[RawRecord], list[RawRecord]]:
    """The records that extract reads of such chat, and those that consolidate reads after it; one partition."""
    replay = Replay([ExtractProcessor(RuleExtractor(), 1)], codec=codec, partitions=1)
    for event in events(texts):
        replay.log.add(event_record(event, codec, replay.log))
    replay.take(())
    return list(replay.log.records(TopicName.EVENTS)), list(replay.log.records(TopicName.EXTRACTIONS))


def spent(processor: Processor, codec: Codec, records: Sequence[RawRecord]) -> Spent:
    """What the records cost in the best of some rounds: whatever else the machine does only adds to it."""
    return min((_round(processor, codec, records) for _ in range(ROUNDS)), key=lambda each: each.all)


def _round(processor: Processor, codec: Codec, records: Sequence[RawRecord]) -> Spent:
    decode = _timed(lambda: _decode(processor, codec, records))
    table, fold, encode = MemoryTable(), 0.0, 0.0
    for run in _runs(records):
        stores = RunStores(table, codec)
        before = time.process_time()
        folded = fold_run(processor, codec, run, stores)
        between = time.process_time()
        _encode(codec, folded.outputs)
        changes = stores.changes()
        encode += time.process_time() - between
        fold += between - before
        table.write(changes)
    return Spent(decode=decode, fold=fold - decode, encode=encode)


def _timed(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def _runs(records: Sequence[RawRecord]) -> Iterator[Sequence[RawRecord]]:
    return (records[at : at + RUN_RECORDS] for at in range(0, len(records), RUN_RECORDS))


def _decode(processor: Processor, codec: Codec, records: Sequence[RawRecord]) -> None:
    for raw in records:
        codec.decode(raw.value or b"", processor.inputs[TopicName(raw.position.topic)])


def _encode(codec: Codec, outputs: Sequence[Output]) -> None:
    for output in outputs:
        if isinstance(output.value, Record):
            codec.encode(output.value)
        if output.routing is not None:
            partition_of(output.routing, 4)


def figures(texts: Sequence[str], codec: Codec) -> dict[str, object]:
    """Messages a second of CPU time, and microseconds a message by part."""
    rules: Extractor = RuleExtractor()
    said, found = inputs(texts, codec)
    extract = spent(ExtractProcessor(rules, 1), codec, said)
    silent = spent(ExtractProcessor(Silent(), 1), codec, said)
    consolidate = spent(ConsolidateProcessor(), codec, found)
    micros = {
        "extract_decode": extract.decode,
        "extract_rules": extract.all - silent.all,
        "extract_rest_of_fold": silent.fold,
        "extract_encode": silent.encode,
        "consolidate_decode": consolidate.decode,
        "consolidate_fold": consolidate.fold,
        "consolidate_encode": consolidate.encode,
    }
    return {
        "items_per_100_messages": round(100 * _candidates(found, codec) / MESSAGES, 1),
        "extract_per_second": round(MESSAGES / extract.all),
        "extract_without_rules_per_second": round(MESSAGES / silent.all),
        "consolidate_per_second": round(MESSAGES / consolidate.all),
        "consolidate_extractions_per_second": round(len(found) / consolidate.all),
        "extract_and_consolidate_per_second": round(MESSAGES / (extract.all + consolidate.all)),
        "microseconds_a_message": {part: round(seconds / MESSAGES * 1e6, 1) for part, seconds in micros.items()},
    }


def _candidates(found: Sequence[RawRecord], codec: Codec) -> int:
    return sum(len(codec.decode(raw.value or b"", MessageExtraction).candidates) for raw in found)


def main() -> None:
    codec = Codec(ShippedSchemaIds())
    mixes = {name: figures(texts, codec) for name, texts in MIXES.items()}
    print(json.dumps({"messages": MESSAGES, **mixes}, indent=2))


if __name__ == "__main__":
    main()
