-- Generations of memory: each has its tables in a schema of its own, and views of their names show the one that serves.
-- What a sink writes it finds by its search_path; what anybody reads, without one, is the view.

CREATE TABLE serving_generation (
    number integer NOT NULL CHECK (number > 0),
    direct boolean NOT NULL,
    extractor text,
    promoted_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX serving_generation_is_one ON serving_generation ((true));

COMMENT ON TABLE serving_generation IS 'The generation of memory that answers come from: one row. The views follow it.';
COMMENT ON COLUMN serving_generation.number IS 'Its tables are in the schema generation_<number>.';
COMMENT ON COLUMN serving_generation.direct IS 'Whether extract finds its candidates; else reextract does.';
COMMENT ON COLUMN serving_generation.extractor IS 'name@version of what reads the messages; null where nobody has said.';
COMMENT ON COLUMN serving_generation.promoted_at IS 'When answers began to come from it, by the database''s clock.';

CREATE FUNCTION generation_tables() RETURNS SETOF name LANGUAGE sql STABLE AS $$
    SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = (
        SELECT format('generation_%s', number)::regnamespace FROM serving_generation)
    ORDER BY relname
$$;
COMMENT ON FUNCTION generation_tables IS 'Names of the tables that every generation has.';

-- A change of these tables in a later migration goes to each schema, and then to the views: show_generation.
CREATE FUNCTION show_generation(shown integer) RETURNS void LANGUAGE plpgsql AS $$
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
COMMENT ON FUNCTION show_generation IS 'Makes the views in public show the tables of a generation.';

CREATE FUNCTION create_generation(made integer) RETURNS boolean LANGUAGE plpgsql AS $$
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
COMMENT ON FUNCTION create_generation IS 'Makes the tables of a generation; false where they are there.';

CREATE FUNCTION serve_generation(served integer, by_extract boolean, read_by text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT number FROM serving_generation FOR UPDATE) <> served THEN
        PERFORM show_generation(served);
        UPDATE serving_generation SET number = served, promoted_at = now();
    END IF;
    UPDATE serving_generation SET direct = by_extract, extractor = read_by;
END
$$;
COMMENT ON FUNCTION serve_generation IS 'Moves the pointer, and the views with it.';

INSERT INTO serving_generation (number, direct) VALUES (1, true);
CREATE SCHEMA generation_1;
ALTER TABLE memory_items SET SCHEMA generation_1;
ALTER TABLE memory_item_versions SET SCHEMA generation_1;
ALTER TABLE evidence SET SCHEMA generation_1;
ALTER TABLE evidence_versions SET SCHEMA generation_1;
ALTER TABLE profiles SET SCHEMA generation_1;
SELECT show_generation(1);
