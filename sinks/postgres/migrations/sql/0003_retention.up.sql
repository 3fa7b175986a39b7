-- Columns are added without a default, which rewrites no row: null in a row of an earlier release.

ALTER TABLE memory_items ADD COLUMN explicit boolean, ADD COLUMN expired_to timestamptz;
ALTER TABLE memory_item_versions ADD COLUMN explicit boolean, ADD COLUMN expired_to timestamptz;

COMMENT ON COLUMN memory_items.status IS
    'active, superseded, ended, retracted, expired, done or cancelled. Items whose lifetime is over count as expired '
    'before a command says so: the API computes it when it reads.';
COMMENT ON COLUMN memory_items.explicit IS 'Whether a command told it (remember, correct, confirm).';
COMMENT ON COLUMN memory_items.expired_to IS 'What was said before then has expired; its words are gone. Null: nothing.';
COMMENT ON COLUMN memory_item_versions.status IS 'active, superseded, ended, retracted, expired, done or cancelled.';
COMMENT ON COLUMN memory_item_versions.explicit IS 'Whether a command told it (remember, correct, confirm).';
COMMENT ON COLUMN memory_item_versions.expired_to IS 'What was said before then has expired; its words are gone.';

ALTER TABLE profiles ADD COLUMN preferences jsonb, ADD COLUMN tasks jsonb, ADD COLUMN events jsonb;

COMMENT ON COLUMN profiles.slots IS
    'Single-valued slots, in the order of the catalogue: [{item_id, kind, slot, qualifier, value, since, '
    'evidence_count, last_occurred_at, valid_to, granularity, due_from, due_to, confidence, explicit, '
    'retention_level}].';
COMMENT ON COLUMN profiles.preferences IS 'The best supported preferences, in the same form; null in older rows.';
COMMENT ON COLUMN profiles.tasks IS 'Open tasks, those first that are over last, in the same form; null in older rows.';
COMMENT ON COLUMN profiles.events IS 'Dated events, those first that end last, in the same form; null in older rows.';
