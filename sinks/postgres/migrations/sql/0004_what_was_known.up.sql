-- What was known at a time: evidence as it was learned and taken back, texts as they were before they were edited.
-- Of what was landed before, only the present state can be told: it is known since it was recorded last.

ALTER TABLE messages ADD COLUMN first_recorded_at timestamptz, ADD COLUMN text_recorded_at timestamptz;
COMMENT ON COLUMN messages.first_recorded_at IS
    'When this system learned of the message: the broker''s time of the event that recorded it.';
COMMENT ON COLUMN messages.text_recorded_at IS 'When it learned of the text: the broker''s time of the event that gave it.';

UPDATE messages SET
    first_recorded_at = coalesce((
        SELECT outcomes.recorded_at FROM outcomes
        WHERE (outcomes.source_topic, outcomes.source_partition, outcomes.source_offset)
            = (messages.source_topic, messages.source_partition, messages.source_offset)
    ), recorded_at),
    text_recorded_at = recorded_at
WHERE NOT removed;
UPDATE messages SET text_recorded_at = first_recorded_at WHERE edited_at IS NULL;

CREATE TABLE message_texts (
    tenant_id text NOT NULL,
    conversation_id text NOT NULL,
    message_id text NOT NULL,
    text text,
    text_recorded_at timestamptz NOT NULL,
    generation integer NOT NULL,
    version_offset bigint NOT NULL,
    PRIMARY KEY (tenant_id, conversation_id, message_id, text_recorded_at)
);

COMMENT ON TABLE message_texts IS
    'One row a text of a message that was ever edited, for what was known when. Follows memory.messages.v1; once the '
    'events have expired, no log can rebuild it.';
COMMENT ON COLUMN message_texts.text IS 'What was said, redacted; null once the message is deleted.';
COMMENT ON COLUMN message_texts.text_recorded_at IS 'Since when it was known, until the next: the broker''s time of its event.';
COMMENT ON COLUMN message_texts.generation IS 'Generation of the derived topic this was read from.';
COMMENT ON COLUMN message_texts.version_offset IS 'Offset in that topic.';

CREATE TABLE evidence_versions (LIKE evidence INCLUDING COMMENTS, words text NOT NULL);
INSERT INTO evidence_versions SELECT evidence.*, 'kept' FROM evidence WHERE NOT removed;
ALTER TABLE evidence_versions
    ADD PRIMARY KEY (tenant_id, item_id, conversation_id, message_id, generation, version_offset),
    ADD CONSTRAINT evidence_versions_complete CHECK (
        removed OR words = 'erased'
        OR num_nulls(kind, slot, value, canonical, tense, confidence, start, "end", quote, occurred_at) = 0
    );
CREATE INDEX evidence_versions_search ON evidence_versions USING gin (
    to_tsvector('english'::regconfig, kind || ' ' || replace(slot, '_', ' ') || ' ' || value)
) WHERE words <> 'erased' AND NOT removed;

COMMENT ON TABLE evidence_versions IS
    'One row a time that an assertion was learned, was changed or taken back, for what was known when. Follows '
    'memory.evidence.v1; once the events have expired, no log can rebuild it.';
COMMENT ON COLUMN evidence_versions.recorded_at IS
    'When this system learned of it, or that it holds no longer: the broker''s time of the cause.';
COMMENT ON COLUMN evidence_versions.removed IS 'True: it was taken back.';
COMMENT ON COLUMN evidence_versions.words IS
    'kept; worn: its words have expired, and it stands without them; deleted: taken back since its message was deleted; '
    'erased: nobody is to know any more that it was said.';
