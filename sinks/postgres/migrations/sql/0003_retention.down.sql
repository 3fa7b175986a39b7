-- Takes what retention knows of items and the lists that look ahead away.

ALTER TABLE profiles DROP COLUMN preferences, DROP COLUMN tasks, DROP COLUMN events;
ALTER TABLE memory_item_versions DROP COLUMN explicit, DROP COLUMN expired_to;
ALTER TABLE memory_items DROP COLUMN explicit, DROP COLUMN expired_to;
COMMENT ON COLUMN memory_items.status IS 'active, superseded, ended, retracted, done or cancelled.';
COMMENT ON COLUMN memory_item_versions.status IS 'active, superseded, ended, retracted, done or cancelled.';
COMMENT ON COLUMN profiles.slots IS
    'Single-valued slots, in the order of the catalogue: [{item_id, kind, slot, qualifier, value, since, '
    'evidence_count, last_occurred_at}].';
