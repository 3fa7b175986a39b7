-- What operators decided of records that a sink could not land; and events received, to hold outcomes against.

CREATE TABLE sink_skips (
    sink text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    reason text NOT NULL,
    skipped_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sink, topic, partition, "offset"),
    CONSTRAINT sink_skips_reasoned CHECK (reason <> '')
);

COMMENT ON TABLE sink_skips IS
    'Records that a sink may pass over where it cannot land them, by decision of an operator. Rows are only ever added.';
COMMENT ON COLUMN sink_skips.sink IS 'Its consumer group; each sink needs a decision of its own.';
COMMENT ON COLUMN sink_skips."offset" IS 'Of the one record that is given up.';
COMMENT ON COLUMN sink_skips.reason IS 'Why, in the words of whoever decided.';
COMMENT ON COLUMN sink_skips.skipped_by IS 'Who decided: the account that ran the command.';
COMMENT ON COLUMN sink_skips.recorded_at IS 'When, by the database''s clock.';

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER sink_skips_append_only BEFORE UPDATE OR DELETE ON sink_skips
FOR EACH ROW EXECUTE FUNCTION refuse_change();

ALTER TABLE outcomes ADD COLUMN key_tenant_id text;
COMMENT ON COLUMN outcomes.key_tenant_id IS
    'The tenant that the input record''s key names; empty where it names none; null where an earlier release wrote it.';

CREATE TABLE events_received (
    tenant_id text,
    partition integer NOT NULL,
    hour timestamptz NOT NULL,
    records bigint NOT NULL,
    CONSTRAINT events_received_key UNIQUE NULLS NOT DISTINCT (tenant_id, partition, hour)
) WITH (fillfactor = 50);

COMMENT ON TABLE events_received IS
    'How many input records there were, counted from conversation.events.v1 itself and apart from any agent; it moves '
    'in one transaction with the position in sink_offsets, so that each record counts once.';
COMMENT ON COLUMN events_received.tenant_id IS 'What stands before the first slash of the key; null where that is no tenant.';
COMMENT ON COLUMN events_received.hour IS 'Hour (UTC) of the broker''s time of the record.';
COMMENT ON COLUMN events_received.records IS 'Readable or not, tombstones included; markers of transactions are no records.';

CREATE VIEW unaccounted_events AS
WITH ended AS (
    SELECT CASE WHEN key_tenant_id IS NULL THEN tenant_id ELSE nullif(key_tenant_id, '') END AS tenant_id,
        source_partition AS partition, date_trunc('hour', recorded_at, 'UTC') AS hour, count(*) AS outcomes
    FROM outcomes
    WHERE source_topic = 'conversation.events.v1'
    GROUP BY 1, 2, 3
), sides AS (
    SELECT tenant_id, partition, hour, records AS received, 0 AS outcomes FROM events_received
    UNION ALL
    SELECT tenant_id, partition, hour, 0, outcomes FROM ended
)
SELECT tenant_id, partition, hour, sum(received)::bigint AS received, sum(outcomes)::bigint AS outcomes
FROM sides
GROUP BY 1, 2, 3
HAVING sum(received) <> sum(outcomes);

COMMENT ON VIEW unaccounted_events IS
    'Empty when every event received has its one outcome: the tenants, partitions and hours (UTC, the broker''s time) '
    'where the numbers differ. While events are under way they do.';
