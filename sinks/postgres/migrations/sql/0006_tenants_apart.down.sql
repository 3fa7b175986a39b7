-- The wall is taken away in every generation. The role stays: it belongs to the cluster, and others may use it.

DROP FUNCTION find_key;
DROP VIEW messages_to_search, memory_items_to_search, evidence_versions_to_search;

DO $$
DECLARE
    relation regclass;
BEGIN
    FOR relation IN SELECT polrelid::regclass FROM pg_policy WHERE polname = 'tenants_apart' LOOP
        EXECUTE format('DROP POLICY tenants_apart ON %s', relation);
        EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', relation);
        EXECUTE format('REVOKE ALL ON %s FROM alluvium_api', relation);
    END LOOP;
END
$$;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM alluvium_api;
REVOKE ALL ON SCHEMA public FROM alluvium_api;

CREATE OR REPLACE FUNCTION show_generation(shown integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    relation name;
    told record;
BEGIN
    FOR relation IN
        SELECT relname FROM pg_class
        WHERE relkind = 'r' AND relnamespace = format('generation_%s', shown)::regnamespace
        ORDER BY relname
    LOOP
        EXECUTE format('CREATE OR REPLACE VIEW public.%1$I AS SELECT * FROM generation_%2$s.%1$I', relation, shown);
        FOR told IN
            SELECT attname, col_description(attrelid, attnum) AS about,
                obj_description(attrelid, 'pg_class') AS about_all
            FROM pg_attribute
            WHERE attrelid = format('generation_%s.%I', shown, relation)::regclass
                AND attnum > 0 AND NOT attisdropped
        LOOP
            EXECUTE format('COMMENT ON COLUMN public.%I.%I IS %L', relation, told.attname, told.about);
            EXECUTE format('COMMENT ON VIEW public.%I IS %L', relation, told.about_all);
        END LOOP;
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION create_generation(made integer) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    serving integer := (SELECT number FROM serving_generation);
    relation name;
    options text;
BEGIN
    IF to_regnamespace(format('generation_%s', made)) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE SCHEMA generation_%s', made);
    FOR relation IN SELECT generation_tables() LOOP
        EXECUTE format(
            'CREATE TABLE generation_%1$s.%2$I (LIKE generation_%3$s.%2$I INCLUDING ALL)', made, relation, serving);
        EXECUTE format('COMMENT ON TABLE generation_%s.%I IS %L', made, relation,
            obj_description(format('generation_%s.%I', serving, relation)::regclass, 'pg_class'));
        options := (SELECT array_to_string(reloptions, ', ') FROM pg_class
            WHERE oid = format('generation_%s.%I', serving, relation)::regclass);
        IF options IS NOT NULL THEN
            EXECUTE format('ALTER TABLE generation_%s.%I SET (%s)', made, relation, options);
        END IF;
    END LOOP;
    RETURN true;
END
$$;

SELECT show_generation(number) FROM serving_generation;
DROP FUNCTION keep_tenants_apart;
