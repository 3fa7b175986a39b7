-- Only the first generation fits into what was before.

DO $$
BEGIN
    IF (SELECT count(*) FROM pg_namespace WHERE nspname ~ '^generation_[0-9]+$') > 1
        OR (SELECT number FROM serving_generation) <> 1
    THEN
        RAISE EXCEPTION 'there are other generations than the first: promote that, and drop them'
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
END
$$;

DROP VIEW memory_items, memory_item_versions, evidence, evidence_versions, profiles;
ALTER TABLE generation_1.memory_items SET SCHEMA public;
ALTER TABLE generation_1.memory_item_versions SET SCHEMA public;
ALTER TABLE generation_1.evidence SET SCHEMA public;
ALTER TABLE generation_1.evidence_versions SET SCHEMA public;
ALTER TABLE generation_1.profiles SET SCHEMA public;
DROP SCHEMA generation_1;
DROP FUNCTION serve_generation, create_generation, show_generation, generation_tables;
DROP TABLE serving_generation;
