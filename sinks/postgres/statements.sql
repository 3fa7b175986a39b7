-- Every statement of the writer. Names in braces are filled in from `sinks.postgres.tables`.

-- name: claim_positions
-- Takes partitions over. The row is locked, so a transaction of the former owner ends first; its epoch is raised, so
-- that owner's next write finds nothing to advance.
INSERT INTO sink_offsets AS kept (sink, topic, partition, next_offset, generation, epoch)
SELECT %(sink)s, topic, partition, 0, %(generation)s, 1
FROM unnest(%(topics)s::text[], %(partitions)s::int[]) AS wanted (topic, partition)
ORDER BY topic, partition
ON CONFLICT (sink, topic, partition) DO UPDATE SET epoch = kept.epoch + 1, updated_at = now()
RETURNING topic, partition, next_offset, epoch

-- name: advance_positions
-- The fence: moves each position from where this process left it. Fewer rows than partitions: it is not the owner.
UPDATE sink_offsets AS kept SET next_offset = moved.next_offset, updated_at = now()
FROM unnest(%(topics)s::text[], %(partitions)s::int[], %(epochs)s::bigint[], %(expected)s::bigint[], %(next)s::bigint[])
    AS moved (topic, partition, epoch, expected, next_offset)
WHERE kept.sink = %(sink)s AND kept.topic = moved.topic AND kept.partition = moved.partition
    AND kept.epoch = moved.epoch AND kept.next_offset = moved.expected

-- name: count_advanced
-- How many positions stand already where a batch would move them, under the same epochs: all, where its commit
-- succeeded and the answer was lost.
SELECT count(*)
FROM unnest(%(topics)s::text[], %(partitions)s::int[], %(epochs)s::bigint[], %(next)s::bigint[])
    AS moved (topic, partition, epoch, next_offset)
JOIN sink_offsets AS kept USING (topic, partition, epoch, next_offset)
WHERE kept.sink = %(sink)s

-- name: create_staging
-- A session's own table with the columns that are written, emptied by each commit.
CREATE TEMPORARY TABLE {staging} ON COMMIT DELETE ROWS AS SELECT {columns} FROM {table} WITH NO DATA

-- name: copy_rows
-- Rows into the staging table, in PostgreSQL's binary format.
COPY {staging} ({columns}) FROM STDIN (FORMAT BINARY)

-- name: upsert_rows
-- New keys are added, newer versions replace older ones, older ones change nothing. One row a key.
INSERT INTO {table} AS kept ({columns})
SELECT {columns} FROM {staging}
ON CONFLICT ({key}) DO UPDATE SET ({changed}) = ROW ({excluded})
WHERE (kept.generation, kept.version_offset) < (excluded.generation, excluded.version_offset)

-- name: clear_earlier_versions
-- When an item is gone, what its earlier versions said goes with it; their keys and times stay.
UPDATE memory_item_versions AS kept
SET deleted = true, kind = NULL, slot = NULL, qualifier = NULL, value = NULL, canonical = NULL
FROM {staging} AS gone
WHERE gone.deleted AND NOT kept.deleted
    AND kept.tenant_id = gone.tenant_id AND kept.item_id = gone.item_id
    AND (kept.generation, kept.version_offset) < (gone.generation, gone.version_offset)

-- name: clear_worn_words
-- When the words of an item expire, what was said of it up to then stands in history without them.
UPDATE evidence_versions AS kept
SET quote = ''
FROM {staging} AS worn
WHERE worn.words = 'worn' AND NOT worn.removed AND kept.tenant_id = worn.tenant_id AND kept.item_id = worn.item_id
    AND kept.occurred_at < worn.known_to AND kept.conversation_id <> '' AND kept.quote <> ''
    AND (kept.generation, kept.version_offset) < (worn.generation, worn.version_offset)

-- name: clear_earlier_words
-- When the words of an assertion are to go, what was said of it before says nothing any more. That it was taken back
-- with its message is left to be known, until the person is erased.
UPDATE evidence_versions AS kept
SET words = 'erased', kind = NULL, slot = NULL, qualifier = NULL, value = NULL, canonical = NULL, quote = NULL
FROM {staging} AS gone
WHERE gone.words IN ('deleted', 'erased') AND kept.words <> 'erased' AND (gone.words = 'erased' OR kept.words = 'kept')
    AND kept.tenant_id = gone.tenant_id AND kept.item_id = gone.item_id
    AND kept.conversation_id = gone.conversation_id AND kept.message_id = gone.message_id
    AND (kept.generation, kept.version_offset) < (gone.generation, gone.version_offset)

-- name: keep_former_texts
-- The texts that edits of this batch are about to replace.
INSERT INTO {table} ({columns})
SELECT kept.tenant_id, kept.conversation_id, kept.message_id, kept.text, kept.text_recorded_at, kept.generation,
    kept.version_offset
FROM messages AS kept
JOIN (SELECT DISTINCT tenant_id, conversation_id, message_id FROM {staging}) AS edited
    USING (tenant_id, conversation_id, message_id)
WHERE kept.text IS NOT NULL
ON CONFLICT DO NOTHING

-- name: clear_texts
-- When a message is deleted, the texts that it had before go with it.
UPDATE message_texts AS kept
SET text = NULL
FROM {staging} AS gone
WHERE (gone.deleted_at IS NOT NULL OR gone.removed) AND kept.text IS NOT NULL
    AND kept.tenant_id = gone.tenant_id AND kept.conversation_id = gone.conversation_id
    AND kept.message_id = gone.message_id

-- name: count_received
-- Adds to the counts of input records. A bare counter, and exact all the same: it moves with the position.
INSERT INTO events_received AS kept (tenant_id, partition, hour, records)
SELECT * FROM unnest(%(tenants)s::text[], %(partitions)s::int[], %(hours)s::timestamptz[], %(records)s::bigint[])
ON CONFLICT (tenant_id, partition, hour) DO UPDATE SET records = kept.records + excluded.records

-- name: record_skip
-- What an operator has decided of a record; one decision a record and sink.
INSERT INTO sink_skips (sink, topic, partition, "offset", reason, skipped_by)
VALUES (%(sink)s, %(topic)s, %(partition)s, %(offset)s, %(reason)s, %(by)s)
ON CONFLICT DO NOTHING

-- name: reason_to_skip
-- Why a record may be passed over, if it may.
SELECT reason FROM sink_skips
WHERE sink = %(sink)s AND topic = %(topic)s AND partition = %(partition)s AND "offset" = %(offset)s

-- name: list_skips
-- Every decision, in the order of its records, and whether the sink has passed it; null where it keeps no positions.
SELECT skip.sink, skip.topic, skip.partition, skip."offset", skip.reason, skip.skipped_by, skip.recorded_at,
    kept.next_offset > skip."offset" AS passed
FROM sink_skips AS skip
LEFT JOIN sink_offsets AS kept USING (sink, topic, partition)
ORDER BY skip.sink, skip.topic, skip.partition, skip."offset"

-- name: position
-- Where a sink stands in a partition.
SELECT next_offset FROM sink_offsets WHERE sink = %(sink)s AND topic = %(topic)s AND partition = %(partition)s
