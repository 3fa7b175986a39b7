"""What the engine relies on in Faust, aiokafka and rocksdict, name by name, and what breaks without it: data.

`tests/agents/test_every_name.py` finds the names in the engine's source and fails where one has no row here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Contract:
    """What one name is relied on for, and what breaks where it is not so."""

    relies: str
    breaks: str


ASSIGNMENT: Final = {
    "Transport.Consumer": Contract(
        "the class of the consumer that Faust makes", "Faust's own consumer fetches, acknowledges and commits"
    ),
    "Consumer._new_consumer_thread": Contract("called for the thread that holds the client", "as Transport.Consumer"),
    "Consumer._thread": Contract("the thread that was made", "no progress is committed; lag never reaches zero"),
    "Consumer.loop": Contract("the loop of the application", "the thread answers to no loop, and calls hang"),
    "Consumer.beacon": Contract("the parent of a service", "the thread outlives its consumer"),
    "AIOKafkaConsumerThread.on_partitions_assigned": Contract(
        "called in the client's thread before anything is fetched", "Faust reads what the lanes read, twice the traffic"
    ),
    "AIOKafkaConsumerThread.verify_event_path": Contract(
        "called to warn of idle partitions", "a warning a partition a minute, for ever"
    ),
    "AIOKafkaConsumerThread._ensure_consumer": Contract(
        "the client, or an error before it is there", "nothing is paused or committed"
    ),
    "AIOKafkaConsumerThread.call_thread": Contract(
        "runs a coroutine in the client's loop", "aiokafka is used from a loop that is not its own, and hangs"
    ),
    "AIOKafkaConsumer.pause": Contract("nothing paused is fetched, until resumed", "as on_partitions_assigned"),
    "AIOKafkaConsumer.assignment": Contract(
        "what this member holds now, of all inputs",
        "a commit of a partition that is gone, or a lane that lacks an input",
    ),
    "AIOKafkaConsumer.commit": Contract(
        "commits as the member, refused after a rebalance", "monitors see a former owner's offsets"
    ),
    "App.transport": Contract("may be set before the application starts", "as Transport.Consumer"),
    "App.topics": Contract("add() subscribes without an agent on the topic", "no partition is ever assigned"),
    "App.topic": Contract("names several topics in one subscription", "inputs of one agent are assigned apart"),
    "App.consumer": Contract("the consumer of our transport, once started", "no assignment to check, no commit"),
    "App.consumer_generation_id": Contract(
        "set before the assignment is told of", "a takeover of an older generation opens its lanes"
    ),
    "App.rebalancing": Contract(
        "true from the revocation to the end of the recovery", "progress is committed between two owners"
    ),
    "App.on_partitions_revoked": Contract(
        "awaited before this member joins again", "two workers hold a partition, and one is fenced at each rebalance"
    ),
    "Settings.broker": Contract("the brokers, as a list of URLs", "the transport connects nowhere"),
}

RECOVERY: Final = {
    "App(TableManager=)": Contract("the class that makes the recovery", "Faust restores, and waits for ever (F11)"),
    "TableManager.recovery": Contract("asked for wherever the recovery is wanted", "as App(TableManager=)"),
    "TableManager._recovery": Contract("None until asked for; stopped with the manager", "two recoveries, one stopped"),
    "TableManager.app": Contract("the application", "no recovery is made"),
    "TableManager.beacon": Contract("the parent of a service", "the recovery outlives its manager"),
    "TableManager.loop": Contract("the loop of the application", "the recovery answers to no loop"),
    "Recovery._build_highwaters": Contract(
        "awaited first, for all assigned changelog partitions", "nobody is fenced and nothing restored"
    ),
    "Recovery._build_offsets": Contract(
        "awaited next; equal to the highwaters means that nothing is to do", "Faust waits for records that never come"
    ),
    "Recovery._seek_offsets": Contract("awaited last", "an error where an offset is beyond the changelog's end"),
    "Recovery._wait": Contract(
        "waits with a limit, and raises RebalanceAgain when the next assignment comes",
        "a restore longer than a request's limit ends recovery for good, in silence",
    ),
    "Recovery._generation_id": Contract("of the assignment being restored", "as App.consumer_generation_id"),
    "Recovery.active_highwaters": Contract("the counter that _build_highwaters fills", "as _build_offsets"),
    "Recovery.app": Contract("the application", "generations cannot be compared"),
    "Recovery.on_recovery_completed": Contract(
        "awaited once tables are restored, with the generation", "lanes are never fed, or before tables are open"
    ),
}

TABLE: Final = {
    "App.Table": Contract("a table without an agent that writes it", "no RocksDB, no changelog in the assignment"),
    "Table(options=)": Contract("reach the store", "a block cache of 2 GiB a partition (F11)"),
    "Table(partitions=)": Contract("of the changelog", "changelog and inputs are not assigned together"),
    "Table(key_type=)": Contract("bytes stay bytes", "Faust would encode keys of its own"),
    "Table(value_type=)": Contract("bytes stay bytes", "Faust would encode values of its own"),
    "Table.data": Contract("the store", "no database to write to"),
    "Store._db_for_partition": Contract(
        "opens the partition's database, or gives the open one", "two handles on one RocksDB: the second one fails"
    ),
    "Rdict.get": Contract("None for what is not there", "a KeyError ends the process"),
    "Rdict.items": Contract("from a key on, in order of bytes", "scans miss rows"),
    "Rdict.write": Contract("a batch, all or nothing, durable against kill -9", "state and mark part"),
    "Rdict.delete_range": Contract("all from a key up to another", "a rebuilt table keeps rows it must not have"),
    "WriteBatch.put": Contract("takes raw bytes", "keys get a prefix that no other reader knows"),
    "WriteBatch.delete": Contract("takes raw bytes", "deleted rows come back"),
}

AGENT: Final = {
    "App.channel": Contract("in memory, without a topic behind it", "runs would travel through Kafka"),
    "Channel.put": Contract("reaches the agent as it is, in order", "a lane waits for its run: offered again"),
    "App.agent": Contract("one coroutine over a channel", "nothing is worked on"),
    "Agent(name=)": Contract("names the agent in Faust's logs", "an agent that nobody recognises"),
    "App.agents": Contract("the registered agents by name, with their concurrency", "two runs of a lane at a time"),
    "App.task": Contract("started with the application, cancelled with it", "lag is never reported"),
    "App.should_stop": Contract("true once the application stops", "the report goes on while it ends"),
    "App.conf": Contract("the settings", "the transport connects nowhere"),
    "Settings.broker_rebalance_timeout": Contract("seconds, as it was set", "a weaker timeout is not refused"),
    "Settings.broker_session_timeout": Contract("seconds, as it was set", "a weaker timeout is not refused"),
    "App.on_before_shutdown": Contract(
        "awaited when the application stops, before the worker exits",
        "a graceful stop cuts checkpoints in progress off",
    ),
    "Topic(key_type=)": Contract("raw bytes", "Faust decodes what the lanes decode"),
    "Topic(value_type=)": Contract("raw bytes", "Faust decodes what the lanes decode"),
    "Worker.execute_from_commandline": Contract("runs until a signal, then raises SystemExit", "no exit code"),
    "Worker.spinner": Contract("None: none", "control characters in the log"),
    "Worker(loglevel=)": Contract("of Faust's own loggers", "as override_logging"),
    "Worker(override_logging=)": Contract("False leaves the logging alone", "log lines that are not JSON"),
    "Worker(quiet=)": Contract("prints nothing", "a banner in the log"),
    "Worker(redirect_stdouts=)": Contract("False leaves standard output alone", "a line is logged twice"),
}

SETTINGS: Final = {
    "App(broker=)": Contract("a list of URLs", "one broker known of three"),
    "App(broker_commit_interval=)": Contract("how often Faust commits by itself", "Faust commits what it never read"),
    "App(broker_heartbeat_interval=)": Contract("of the group's member", "dropped from the group while it works"),
    "App(broker_max_poll_interval=)": Contract("between two polls", "a spare worker leaves its group for good"),
    "App(broker_rebalance_timeout=)": Contract(
        "how long a member may take to let go", "cut off before RELEASE_SECONDS"
    ),
    "App(broker_request_timeout=)": Contract("of one request", "a broker that hangs is noticed after 90 s"),
    "App(broker_session_timeout=)": Contract("of the group's member", "a dead worker keeps its partitions for longer"),
    "App(broker_client_id=)": Contract(
        "what the member of the group calls itself", "nobody can tell for which generation a process works"
    ),
    "App(consumer_group_instance_id=)": Contract(
        "static membership of the group's member", "a restarted worker stops the whole group, twice"
    ),
    "App(datadir=)": Contract("where RocksDB lies", "tables start empty wherever the process starts"),
    "App(key_serializer=)": Contract("raw", "Faust decodes keys"),
    "App(value_serializer=)": Contract("raw", "Faust decodes values"),
    "App(store=)": Contract("rocksdb", "tables are in memory, and every start rebuilds them"),
    "App(stream_wait_empty=)": Contract("False: a rebalance waits for no event", "a rebalance hangs (F3)"),
    "App(table_standby_replicas=)": Contract("0: no standby assignment", "NotImplementedError at the first standby"),
    "App(topic_allow_declare=)": Contract("False: Faust makes no topic", "topics with settings of Faust's"),
    "App(topic_disable_leader=)": Contract("True: no leader topic", "a topic that the topology does not know"),
    "App(topic_partitions=)": Contract("of the changelog", "changelog and inputs are not assigned together"),
    "App(topic_replication_factor=)": Contract("of the changelog", "a mismatch is logged at each start"),
    "App(web_enabled=)": Contract("False: no web server", "tables are open to everyone (F11)"),
}

IMPORTS: Final = {
    "import aiokafka.errors.KafkaError": Contract("base of all its errors", "a failed commit ends the process"),
    "import aiokafka.structs.OffsetAndMetadata": Contract("what commit takes", "no progress is committed"),
    "import aiokafka.structs.TopicPartition": Contract("what commit takes", "no progress is committed"),
    "import faust": Contract("App and Worker", "nothing starts"),
    "import faust.tables.manager.TableManager": Contract("the setting's base class", "as App(TableManager=)"),
    "import faust.tables.recovery.RebalanceAgain": Contract(
        "restarts the recovery for the newest assignment", "recovery ends for good, and partitions stay idle"
    ),
    "import faust.tables.recovery.Recovery": Contract("the recovery's base class", "as App(TableManager=)"),
    "import faust.transport.drivers.aiokafka.AIOKafkaConsumerThread": Contract("see there", "as Transport.Consumer"),
    "import faust.transport.drivers.aiokafka.Consumer": Contract("see there", "as Transport.Consumer"),
    "import faust.transport.drivers.aiokafka.Transport": Contract("see there", "as Transport.Consumer"),
    "import faust.types.TP": Contract("(topic, partition) as Faust has it", "no assignment can be compared"),
    "import rocksdict.Rdict": Contract("what a store's database is", "no table"),
    "import rocksdict.WriteBatch": Contract("what Rdict.write takes", "no atomic checkpoint"),
}

CONTRACTS: Final = {**ASSIGNMENT, **RECOVERY, **TABLE, **AGENT, **SETTINGS, **IMPORTS}
