-- Recall by meaning: the models that make vectors of texts, and the vectors, a partition a model. A database without
-- pgvector has the first and not the second; `python -m sinks models build` says so, and makes them once it is there.

CREATE TABLE embedding_models (
    name text PRIMARY KEY CHECK (name ~ '^[a-z0-9-]{1,32}@[0-9]{1,4}$'),
    dimensions integer NOT NULL CHECK (dimensions = 384),
    state text NOT NULL CHECK (state IN ('building', 'serving')),
    since timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX embedding_models_one_serves ON embedding_models ((true)) WHERE state = 'serving';

COMMENT ON TABLE embedding_models IS 'The models that messages have vectors of. Written by `python -m sinks models`.';
COMMENT ON COLUMN embedding_models.name IS 'name@version of an embedder.';
COMMENT ON COLUMN embedding_models.dimensions IS 'Numbers in one of its vectors.';
COMMENT ON COLUMN embedding_models.state IS 'serving: questions are answered by its vectors; building: it stands beside.';
COMMENT ON COLUMN embedding_models.since IS 'Since when it is in that state, by the database''s clock.';
GRANT SELECT ON embedding_models TO alluvium_api;

CREATE FUNCTION make_message_vectors() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF to_regclass('public.message_vectors') IS NOT NULL THEN
        RETURN true;
    END IF;
    BEGIN
        CREATE EXTENSION IF NOT EXISTS vector;
    EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
        RETURN false;
    END;
    CREATE TABLE public.message_vectors (
        model text NOT NULL,
        tenant_id text NOT NULL,
        conversation_id text NOT NULL,
        message_id text NOT NULL,
        vector halfvec(384),
        removed boolean NOT NULL,
        generation integer NOT NULL,
        version_offset bigint NOT NULL,
        PRIMARY KEY (model, tenant_id, conversation_id, message_id),
        CONSTRAINT message_vectors_complete CHECK (removed = (vector IS NULL))
    ) PARTITION BY LIST (model);
    COMMENT ON TABLE public.message_vectors IS
        'What messages mean, as vectors of unit length. Follows memory.messages.v1.';
    COMMENT ON COLUMN public.message_vectors.model IS 'The model that made it.';
    COMMENT ON COLUMN public.message_vectors.vector IS 'Null where the message says nothing, or nothing any more.';
    COMMENT ON COLUMN public.message_vectors.removed IS 'True: there is no vector; only its key and version are left.';
    COMMENT ON COLUMN public.message_vectors.generation IS 'Generation of the derived topic this version was read from.';
    COMMENT ON COLUMN public.message_vectors.version_offset IS
        'Offset of this version in that topic: the vector stands for the text of the row in messages with the same.';
    PERFORM keep_tenants_apart('public.message_vectors');
    RETURN true;
END
$$;
COMMENT ON FUNCTION make_message_vectors IS
    'Makes the table of vectors; false where pgvector is not there and may not be made: a superuser has to.';

CREATE FUNCTION create_embedding_model(made text, size integer) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    part name := 'message_vectors_' || translate(made, '-@', '__');
BEGIN
    LOCK TABLE embedding_models IN SHARE ROW EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM embedding_models WHERE name = made) THEN
        RETURN false;
    END IF;
    INSERT INTO embedding_models (name, dimensions, state)
    SELECT made, size, CASE WHEN EXISTS (SELECT FROM embedding_models) THEN 'building' ELSE 'serving' END;
    EXECUTE format('CREATE TABLE public.%I PARTITION OF public.message_vectors FOR VALUES IN (%L)', part, made);
    EXECUTE format('COMMENT ON TABLE public.%I IS %L', part, 'Vectors that ' || made || ' made.');
    EXECUTE format('CREATE INDEX %I ON public.%I USING hnsw (vector halfvec_cosine_ops)', part || '_nearest', part);
    RETURN true;
END
$$;
COMMENT ON FUNCTION create_embedding_model IS 'Makes room for a model; the first one serves. False where it is there.';

CREATE FUNCTION serve_embedding_model(served text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE embedding_models IN SHARE ROW EXCLUSIVE MODE;
    IF NOT EXISTS (SELECT FROM embedding_models WHERE name = served) THEN
        RETURN false;
    END IF;
    UPDATE embedding_models SET state = 'building', since = now() WHERE state = 'serving' AND name <> served;
    UPDATE embedding_models SET state = 'serving', since = now() WHERE state <> 'serving' AND name = served;
    RETURN true;
END
$$;
COMMENT ON FUNCTION serve_embedding_model IS 'Lets questions be answered by a model from now on; false where it is unknown.';

CREATE FUNCTION drop_embedding_model(dropped text, sink_name text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE embedding_models IN SHARE ROW EXCLUSIVE MODE;
    IF NOT EXISTS (SELECT FROM embedding_models WHERE name = dropped) THEN
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE public.%I', 'message_vectors_' || translate(dropped, '-@', '__'));
    DELETE FROM sink_offsets WHERE sink = sink_name;
    DELETE FROM embedding_models WHERE name = dropped;
    RETURN true;
END
$$;
COMMENT ON FUNCTION drop_embedding_model IS 'Removes a model, its vectors, and how far they had come; false where it is unknown.';

SELECT make_message_vectors();
