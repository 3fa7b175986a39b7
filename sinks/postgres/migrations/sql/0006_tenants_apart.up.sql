-- A second wall between tenants: a login that is a member of alluvium_api sees the rows of the tenant that its
-- transaction names, and no others. The owner of the tables is above it: sinks and jobs go on as they did.

-- A role belongs to the cluster: another database of it may have made it, or be making it at this moment.
DO $$
BEGIN
    IF to_regrole('alluvium_api') IS NULL THEN
        CREATE ROLE alluvium_api NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;

-- Not forced on the owner: a policy for it would cost each statement of the sinks, and pg_dump refuses a table whose
-- policies bind whoever dumps it. The API refuses to start with a login that is above the wall.
CREATE FUNCTION keep_tenants_apart(relation regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', relation);
    EXECUTE format('DROP POLICY IF EXISTS tenants_apart ON %s', relation);
    EXECUTE format(
        'CREATE POLICY tenants_apart ON %s TO alluvium_api '
        'USING (tenant_id = current_setting(''alluvium.tenant_id'', true))', relation);
    EXECUTE format('GRANT SELECT ON %s TO alluvium_api', relation);
END
$$;
COMMENT ON FUNCTION keep_tenants_apart IS
    'Lets the service read a table, which must have a tenant_id, by the rows of its transaction''s tenant alone.';

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
        -- by the rights of whoever asks, so that the tables' policies hold
        EXECUTE format(
            'CREATE OR REPLACE VIEW public.%1$I WITH (security_invoker = true) AS SELECT * FROM generation_%2$s.%1$I',
            relation, shown);
        EXECUTE format('GRANT SELECT ON public.%I TO alluvium_api', relation);
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
    -- on the tables themselves: a view by the rights of whoever asks would keep them within any other view
    EXECUTE format(
        'CREATE OR REPLACE VIEW public.memory_items_to_search AS '
        'SELECT tenant_id, user_id, item_id, kind, deleted, search FROM generation_%s.memory_items '
        'WHERE tenant_id = current_setting(''alluvium.tenant_id'', true)', shown);
    EXECUTE format(
        'CREATE OR REPLACE VIEW public.evidence_versions_to_search AS '
        'SELECT tenant_id, user_id, item_id, kind, slot, value, recorded_at, words, removed '
        'FROM generation_%s.evidence_versions WHERE tenant_id = current_setting(''alluvium.tenant_id'', true)', shown);
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
        PERFORM keep_tenants_apart(format('generation_%s.%I', made, relation)::regclass);  -- LIKE brings no policy
    END LOOP;
    RETURN true;
END
$$;

SELECT keep_tenants_apart(relation)
FROM unnest(ARRAY['messages', 'message_texts', 'outcomes', 'api_keys', 'events_received']::regclass[]) AS relation;
REVOKE SELECT ON events_received FROM alluvium_api;

SELECT keep_tenants_apart(pg_class.oid)
FROM pg_class
WHERE relkind = 'r' AND relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^generation_[0-9]+$');
SELECT show_generation(number) FROM serving_generation;

-- Under a policy an index answers only for operators that are marked leakproof, which @@ is not: every row of the tenant
-- would be read. These views hold the same wall by the rights of their owner, and the planner is free to use the index
-- (those of generations: show_generation). Both guard against statements that forget their tenant; neither is proof
-- against who may write statements, and thus set alluvium.tenant_id.
CREATE VIEW messages_to_search AS
SELECT * FROM messages WHERE tenant_id = current_setting('alluvium.tenant_id', true);
COMMENT ON VIEW messages_to_search IS 'The messages of the transaction''s tenant, for who searches their words.';
COMMENT ON VIEW memory_items_to_search IS 'The items of the transaction''s tenant, for who searches their words.';
COMMENT ON VIEW evidence_versions_to_search IS 'The evidence of the transaction''s tenant, for who searches its words.';
GRANT SELECT ON messages_to_search, memory_items_to_search, evidence_versions_to_search TO alluvium_api;

-- Whose a key is, is asked before any tenant is known.
CREATE FUNCTION find_key(digest bytea) RETURNS SETOF api_keys
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT * FROM api_keys WHERE key_hmac = digest
$$;
COMMENT ON FUNCTION find_key IS 'The one key with this HMAC, good or not, whoever''s it is.';
REVOKE ALL ON FUNCTION find_key FROM PUBLIC;

GRANT USAGE ON SCHEMA public TO alluvium_api;
GRANT SELECT ON sink_offsets, serving_generation TO alluvium_api;
GRANT EXECUTE ON FUNCTION find_key TO alluvium_api;
