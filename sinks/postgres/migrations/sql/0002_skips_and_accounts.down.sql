-- Takes the account and the decisions of operators away.

DROP VIEW unaccounted_events;
DROP TABLE events_received;
ALTER TABLE outcomes DROP COLUMN key_tenant_id;
DROP TABLE sink_skips;
DROP FUNCTION refuse_change();
