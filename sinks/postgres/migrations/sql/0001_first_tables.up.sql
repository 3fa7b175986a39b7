-- The tables others may count on, the sink's own positions, and the API's keys.
-- A row's version is (generation, version_offset); a row whose record is gone keeps its key and version, without words.

CREATE TABLE messages (
    tenant_id text NOT NULL,
    conversation_id text NOT NULL,
    message_id text NOT NULL,
    user_id text,
    speaker_name text,
    role text,
    text text,
    occurred_at timestamptz,
    timezone text,
    reply_to text,
    language text,
    remember boolean,
    recalled boolean,
    attributes jsonb,
    previous_message_id text,
    edited_at timestamptz,
    deleted_at timestamptz,
    redactions text[],
    recorded_at timestamptz NOT NULL,
    revision bigint,
    source_topic text,
    source_partition integer,
    source_offset bigint,
    removed boolean NOT NULL,
    generation integer NOT NULL,
    version_offset bigint NOT NULL,
    search tsvector GENERATED ALWAYS AS (
        to_tsvector('english'::regconfig, coalesce(speaker_name, '') || ' ' || coalesce(text, ''))
    ) STORED,
    PRIMARY KEY (tenant_id, conversation_id, message_id),
    CONSTRAINT messages_complete CHECK (
        removed OR num_nulls(user_id, role, occurred_at, remember, recalled, attributes, redactions, revision) = 0
    )
);
CREATE INDEX messages_by_time ON messages (tenant_id, conversation_id, occurred_at, message_id);
CREATE INDEX messages_by_user ON messages (tenant_id, user_id, occurred_at);
CREATE INDEX messages_search ON messages USING gin (search);

COMMENT ON TABLE messages IS 'One row a message, as it stands now. Follows memory.messages.v1.';
COMMENT ON COLUMN messages.user_id IS 'Who speaks.';
COMMENT ON COLUMN messages.speaker_name IS 'Shown to people, searched.';
COMMENT ON COLUMN messages.role IS 'USER, ASSISTANT, SYSTEM or TOOL.';
COMMENT ON COLUMN messages.text IS 'What was said, redacted; null once the message is deleted.';
COMMENT ON COLUMN messages.occurred_at IS 'When it was said: event time, which never moves.';
COMMENT ON COLUMN messages.timezone IS 'IANA name of the speaker''s zone.';
COMMENT ON COLUMN messages.reply_to IS 'The message_id that this one answers.';
COMMENT ON COLUMN messages.language IS 'BCP 47.';
COMMENT ON COLUMN messages.remember IS 'False: stored, and nothing extracted from it.';
COMMENT ON COLUMN messages.recalled IS 'True: the text repeats memory that was given to the speaker.';
COMMENT ON COLUMN messages.attributes IS 'The producer''s own, carried along.';
COMMENT ON COLUMN messages.previous_message_id IS 'The message before it by (occurred_at, message_id), where it was known.';
COMMENT ON COLUMN messages.edited_at IS 'When the text was last edited.';
COMMENT ON COLUMN messages.deleted_at IS 'When the message was deleted; null while it stands.';
COMMENT ON COLUMN messages.redactions IS 'Names of what was taken out of the text.';
COMMENT ON COLUMN messages.recorded_at IS 'When this system learned of this version: the broker''s time of its cause.';
COMMENT ON COLUMN messages.revision IS 'Offset of the event that caused this version, in its partition.';
COMMENT ON COLUMN messages.source_topic IS 'Topic of the event that recorded the message.';
COMMENT ON COLUMN messages.source_partition IS 'Partition of that event.';
COMMENT ON COLUMN messages.source_offset IS 'Offset of that event.';
COMMENT ON COLUMN messages.removed IS 'True: the log holds a tombstone for it; only its key, version and times are left.';
COMMENT ON COLUMN messages.generation IS 'Generation of the derived topic this version was read from.';
COMMENT ON COLUMN messages.version_offset IS 'Offset of this version in that topic.';
COMMENT ON COLUMN messages.search IS 'Speaker and text, stemmed in English.';

CREATE TABLE memory_items (
    tenant_id text NOT NULL,
    user_id text NOT NULL,
    item_id uuid NOT NULL,
    kind text,
    slot text,
    qualifier text,
    value text,
    canonical text,
    status text,
    confidence double precision,
    validity tstzmultirange,
    valid_from timestamptz,
    valid_to timestamptz,
    granularity text,
    due_from timestamptz,
    due_to timestamptz,
    superseded_by uuid,
    evidence_count integer,
    first_occurred_at timestamptz,
    last_occurred_at timestamptz,
    retention_level text,
    extractor text,
    recorded_at timestamptz NOT NULL,
    cause_topic text,
    cause_partition integer,
    cause_offset bigint,
    deleted boolean NOT NULL,
    generation integer NOT NULL,
    version_offset bigint NOT NULL,
    search tsvector GENERATED ALWAYS AS (
        to_tsvector(
            'english'::regconfig,
            coalesce(kind, '') || ' ' || replace(coalesce(slot, ''), '_', ' ') || ' ' || coalesce(value, '')
        )
    ) STORED,
    PRIMARY KEY (tenant_id, item_id),
    CONSTRAINT memory_items_complete CHECK (
        deleted OR num_nulls(kind, slot, value, canonical, status, confidence, validity, evidence_count,
                             retention_level, extractor) = 0
    )
) WITH (fillfactor = 85);
CREATE INDEX memory_items_by_user ON memory_items (tenant_id, user_id, kind, slot, item_id);
CREATE INDEX memory_items_search ON memory_items USING gin (search);

COMMENT ON TABLE memory_items IS 'One row a memory item: its current version. Follows memory.items.v1.';
COMMENT ON COLUMN memory_items.user_id IS 'The person of whom this is remembered.';
COMMENT ON COLUMN memory_items.item_id IS 'UUIDv5 of (tenant, user, kind, slot, canonical): a replay makes the same.';
COMMENT ON COLUMN memory_items.kind IS 'fact, preference, relation, event, task, decision or contact.';
COMMENT ON COLUMN memory_items.slot IS 'What of its kind, such as home_city.';
COMMENT ON COLUMN memory_items.qualifier IS 'The thing, in slots with one value a thing (favourite, quantity).';
COMMENT ON COLUMN memory_items.value IS 'As it was said, trimmed.';
COMMENT ON COLUMN memory_items.canonical IS 'The form by which values are compared.';
COMMENT ON COLUMN memory_items.status IS 'active, superseded, ended, retracted, done or cancelled.';
COMMENT ON COLUMN memory_items.confidence IS 'Between 0 and 1.';
COMMENT ON COLUMN memory_items.validity IS 'When it held: half-open intervals of event time; empty where it never did.';
COMMENT ON COLUMN memory_items.valid_from IS 'Start of the latest interval; null where open or where there is none.';
COMMENT ON COLUMN memory_items.valid_to IS 'End of the latest interval, exclusive; null where open or where there is none.';
COMMENT ON COLUMN memory_items.granularity IS 'How exact the interval is: day, weekend, week, month, season or year.';
COMMENT ON COLUMN memory_items.due_from IS 'Start of when it is due, where the words say so.';
COMMENT ON COLUMN memory_items.due_to IS 'End of when it is due, exclusive.';
COMMENT ON COLUMN memory_items.superseded_by IS 'The item that took its place.';
COMMENT ON COLUMN memory_items.evidence_count IS 'How many assertions it rests on.';
COMMENT ON COLUMN memory_items.first_occurred_at IS 'Event time of the earliest of them.';
COMMENT ON COLUMN memory_items.last_occurred_at IS 'Event time of the latest of them.';
COMMENT ON COLUMN memory_items.retention_level IS 'working, short, long or permanent.';
COMMENT ON COLUMN memory_items.extractor IS 'name@version of what found it.';
COMMENT ON COLUMN memory_items.recorded_at IS 'When this system learned of this version: the broker''s time of its cause.';
COMMENT ON COLUMN memory_items.cause_topic IS 'Topic of the event or command that made this version.';
COMMENT ON COLUMN memory_items.cause_partition IS 'Partition of that record.';
COMMENT ON COLUMN memory_items.cause_offset IS 'Offset of that record.';
COMMENT ON COLUMN memory_items.deleted IS 'True: the feed holds a tombstone for it; only its key, version and time are left.';
COMMENT ON COLUMN memory_items.generation IS 'Generation of the derived topic this version was read from.';
COMMENT ON COLUMN memory_items.version_offset IS 'Offset of this version in that topic.';
COMMENT ON COLUMN memory_items.search IS 'Kind, slot and value, stemmed in English.';

CREATE TABLE memory_item_versions (
    LIKE memory_items INCLUDING COMMENTS,
    PRIMARY KEY (tenant_id, item_id, generation, version_offset)
);
ALTER TABLE memory_item_versions DROP COLUMN search;
CREATE INDEX memory_item_versions_by_user ON memory_item_versions (tenant_id, user_id, recorded_at);

COMMENT ON TABLE memory_item_versions IS
    'One row a version of a memory item, for what was known when. Follows memory.items.v1; once the events have '
    'expired, no log can rebuild it.';

CREATE TABLE evidence (
    tenant_id text NOT NULL,
    user_id text NOT NULL,
    item_id uuid NOT NULL,
    kind text,
    slot text,
    qualifier text,
    value text,
    canonical text,
    conversation_id text NOT NULL,
    message_id text NOT NULL,
    tense text,
    confidence double precision,
    start integer,
    "end" integer,
    quote text,
    rule text,
    extractor text,
    occurred_at timestamptz,
    recorded_at timestamptz NOT NULL,
    known_from timestamptz,
    known_to timestamptz,
    granularity text,
    due_from timestamptz,
    due_to timestamptz,
    revision bigint,
    source_topic text,
    source_partition integer,
    source_offset bigint,
    removed boolean NOT NULL,
    generation integer NOT NULL,
    version_offset bigint NOT NULL,
    PRIMARY KEY (tenant_id, item_id, conversation_id, message_id),
    CONSTRAINT evidence_complete CHECK (
        removed OR num_nulls(kind, slot, value, canonical, tense, confidence, start, "end", quote, occurred_at) = 0
    )
);
CREATE INDEX evidence_by_message ON evidence (tenant_id, conversation_id, message_id);
CREATE INDEX evidence_by_user ON evidence (tenant_id, user_id);

COMMENT ON TABLE evidence IS 'One row an assertion: the words that a memory item rests on. Follows memory.evidence.v1.';
COMMENT ON COLUMN evidence.user_id IS 'The person of whom the item is remembered.';
COMMENT ON COLUMN evidence.item_id IS 'The item that rests on it.';
COMMENT ON COLUMN evidence.conversation_id IS 'Where it was said; empty for a command.';
COMMENT ON COLUMN evidence.message_id IS 'The message that says it, or the id of a command.';
COMMENT ON COLUMN evidence.tense IS 'present, past, planned or ended, seen from when it was said.';
COMMENT ON COLUMN evidence.confidence IS 'Between 0 and 1.';
COMMENT ON COLUMN evidence.start IS 'First code point of the words in the message''s text.';
COMMENT ON COLUMN evidence."end" IS 'Code point after the words.';
COMMENT ON COLUMN evidence.quote IS 'The words; empty for a command.';
COMMENT ON COLUMN evidence.rule IS 'name@version of the rule that found it.';
COMMENT ON COLUMN evidence.extractor IS 'name@version of the extractor.';
COMMENT ON COLUMN evidence.occurred_at IS 'When it was said: event time.';
COMMENT ON COLUMN evidence.recorded_at IS 'When this system learned of it: the broker''s time of its cause.';
COMMENT ON COLUMN evidence.known_from IS 'Since when the value held, where the words say so.';
COMMENT ON COLUMN evidence.known_to IS 'Until when, exclusive.';
COMMENT ON COLUMN evidence.revision IS 'Offset of the event that caused this version, in its partition.';
COMMENT ON COLUMN evidence.source_topic IS 'Topic of the event or command behind it.';
COMMENT ON COLUMN evidence.source_partition IS 'Partition of that record.';
COMMENT ON COLUMN evidence.source_offset IS 'Offset of that record.';
COMMENT ON COLUMN evidence.removed IS 'True: it was taken back; only its key, version and time are left.';
COMMENT ON COLUMN evidence.generation IS 'Generation of the derived topic this version was read from.';
COMMENT ON COLUMN evidence.version_offset IS 'Offset of this version in that topic.';

CREATE TABLE outcomes (
    source_topic text NOT NULL,
    source_partition integer NOT NULL,
    source_offset bigint NOT NULL,
    status text NOT NULL,
    reasons text[] NOT NULL,
    tenant_id text,
    conversation_id text,
    event_id text,
    message_id text,
    item_ids uuid[] NOT NULL,
    recorded_at timestamptz NOT NULL,
    generation integer NOT NULL,
    version_offset bigint NOT NULL,
    PRIMARY KEY (source_topic, source_partition, source_offset)
);
CREATE INDEX outcomes_by_event ON outcomes (tenant_id, event_id);
CREATE INDEX outcomes_by_time ON outcomes USING brin (recorded_at);

COMMENT ON TABLE outcomes IS 'One row an input record: what became of it. Follows conversation.outcomes.v1.';
COMMENT ON COLUMN outcomes.source_topic IS 'Topic of the input record.';
COMMENT ON COLUMN outcomes.source_partition IS 'Its partition.';
COMMENT ON COLUMN outcomes.source_offset IS 'Its offset.';
COMMENT ON COLUMN outcomes.status IS 'stored, duplicate, rerouted or dead_lettered.';
COMMENT ON COLUMN outcomes.reasons IS 'Why, such as redacted or no_memory:question.';
COMMENT ON COLUMN outcomes.tenant_id IS 'Null where the record could not be read that far.';
COMMENT ON COLUMN outcomes.event_id IS 'The producer''s idempotency key; one event may have several records.';
COMMENT ON COLUMN outcomes.item_ids IS 'The memory items that the record touched.';
COMMENT ON COLUMN outcomes.recorded_at IS 'The broker''s time of the input record.';
COMMENT ON COLUMN outcomes.generation IS 'Generation of the topic this was read from.';
COMMENT ON COLUMN outcomes.version_offset IS 'Offset of the outcome in that topic.';

CREATE VIEW outcomes_by_hour AS
SELECT tenant_id, date_trunc('hour', recorded_at, 'UTC') AS hour, status, count(*) AS records
FROM outcomes
GROUP BY 1, 2, 3;

COMMENT ON VIEW outcomes_by_hour IS 'Input records by tenant, hour (UTC, the broker''s time) and what became of them.';

CREATE TABLE profiles (
    tenant_id text NOT NULL,
    user_id text NOT NULL,
    slots jsonb,
    top jsonb,
    active_items integer,
    recorded_at timestamptz NOT NULL,
    removed boolean NOT NULL,
    generation integer NOT NULL,
    version_offset bigint NOT NULL,
    PRIMARY KEY (tenant_id, user_id),
    CONSTRAINT profiles_complete CHECK (removed OR num_nulls(slots, top, active_items) = 0)
) WITH (fillfactor = 85);

COMMENT ON TABLE profiles IS 'One row a person: what is current about them. Follows memory.profiles.v1.';
COMMENT ON COLUMN profiles.slots IS
    'Single-valued slots, in the order of the catalogue: [{item_id, kind, slot, qualifier, value, since, '
    'evidence_count, last_occurred_at}].';
COMMENT ON COLUMN profiles.top IS 'The best supported of the other active items, in the same form.';
COMMENT ON COLUMN profiles.active_items IS 'How many items are active.';
COMMENT ON COLUMN profiles.recorded_at IS 'When this system learned of this version: the broker''s time of its cause.';
COMMENT ON COLUMN profiles.removed IS 'True: the log holds a tombstone for it; only its key, version and time are left.';
COMMENT ON COLUMN profiles.generation IS 'Generation of the derived topic this version was read from.';
COMMENT ON COLUMN profiles.version_offset IS 'Offset of this version in that topic.';

CREATE TABLE sink_offsets (
    sink text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    generation integer NOT NULL,
    epoch bigint NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sink, topic, partition)
) WITH (fillfactor = 50);

COMMENT ON TABLE sink_offsets IS 'How far each sink has landed each partition; written in the transaction of the rows.';
COMMENT ON COLUMN sink_offsets.sink IS 'Its consumer group.';
COMMENT ON COLUMN sink_offsets.next_offset IS 'Everything before it is landed.';
COMMENT ON COLUMN sink_offsets.generation IS 'Generation of the rows it stands for.';
COMMENT ON COLUMN sink_offsets.epoch IS 'How often the partition was taken over: the fence against a former owner.';
COMMENT ON COLUMN sink_offsets.updated_at IS 'When it last moved or changed hands, by the database''s clock.';

CREATE TABLE api_keys (
    key_id uuid PRIMARY KEY,
    tenant_id text NOT NULL,
    name text NOT NULL,
    key_hmac bytea NOT NULL UNIQUE,
    scopes text[] NOT NULL,
    rate_limited boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz
);
CREATE INDEX api_keys_by_tenant ON api_keys (tenant_id);

COMMENT ON TABLE api_keys IS 'Who may call the API. Written by the API, not by a sink.';
COMMENT ON COLUMN api_keys.tenant_id IS 'The customer that the key speaks for.';
COMMENT ON COLUMN api_keys.name IS 'For people.';
COMMENT ON COLUMN api_keys.key_hmac IS 'HMAC of the key under SECRET_KEY; the key itself is nowhere.';
COMMENT ON COLUMN api_keys.scopes IS 'What the key may do.';
COMMENT ON COLUMN api_keys.rate_limited IS 'False: exempt from the rate limits.';
COMMENT ON COLUMN api_keys.expires_at IS 'Null: never.';
COMMENT ON COLUMN api_keys.revoked_at IS 'Null while it is good.';
COMMENT ON COLUMN api_keys.last_used_at IS 'Roughly when it was last used.';
