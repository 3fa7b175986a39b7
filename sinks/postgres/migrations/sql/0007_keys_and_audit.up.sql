-- Keys that can be rotated, and a log of who read, changed or administered what.

ALTER TABLE api_keys
    ADD COLUMN previous_hmac bytea,
    ADD COLUMN previous_until timestamptz,
    ADD COLUMN rotated_at timestamptz,
    ADD CONSTRAINT api_keys_previous_ends CHECK (num_nulls(previous_hmac, previous_until) <> 1);
CREATE UNIQUE INDEX api_keys_by_previous ON api_keys (previous_hmac) WHERE previous_hmac IS NOT NULL;
COMMENT ON COLUMN api_keys.previous_hmac IS 'HMAC of the secret before the last rotation.';
COMMENT ON COLUMN api_keys.previous_until IS 'Until when that secret is good too.';
COMMENT ON COLUMN api_keys.rotated_at IS 'When the secret was last replaced; null: never.';

CREATE OR REPLACE FUNCTION find_key(digest bytea) RETURNS SETOF api_keys
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT * FROM api_keys WHERE key_hmac = digest OR (previous_hmac = digest AND previous_until > now())
    ORDER BY key_hmac = digest DESC LIMIT 1
$$;
COMMENT ON FUNCTION find_key IS
    'The one key with this HMAC, or that had it before a rotation whose grace is not over; revoked or expired ones too, '
    'whoever''s they are.';

-- The service makes, rotates and revokes keys of the tenant that its transaction names; it can neither delete one nor
-- give one to somebody else.
GRANT INSERT (key_id, tenant_id, name, key_hmac, scopes, rate_limited, expires_at) ON api_keys TO alluvium_api;
GRANT UPDATE (key_hmac, previous_hmac, previous_until, rotated_at, expires_at, revoked_at, last_used_at)
    ON api_keys TO alluvium_api;

CREATE TABLE audit_log (
    tenant_id text NOT NULL,
    at timestamptz NOT NULL,
    entry_id uuid NOT NULL,
    request_id text NOT NULL,
    trace_id text NOT NULL,
    principal_id uuid,
    principal text NOT NULL,
    action text NOT NULL,
    endpoint text NOT NULL,
    status integer NOT NULL,
    user_ids text[] NOT NULL,
    conversation_ids text[] NOT NULL,
    item_ids text[] NOT NULL,
    detail jsonb NOT NULL,
    PRIMARY KEY (tenant_id, at, entry_id)
);
CREATE INDEX audit_log_users ON audit_log USING gin (user_ids);
CREATE INDEX audit_log_time ON audit_log USING brin (at);

COMMENT ON TABLE audit_log IS
    'Who read, changed or administered what: a row a call. Written by the API and its command line; rows are only ever '
    'added, and old months are taken out by prune_audit_log.';
COMMENT ON COLUMN audit_log.at IS 'When the answer was given, by the clock of who gave it.';
COMMENT ON COLUMN audit_log.entry_id IS 'Made with the row: one that is written twice counts once.';
COMMENT ON COLUMN audit_log.request_id IS 'As X-Request-ID of the answer; empty for the command line.';
COMMENT ON COLUMN audit_log.trace_id IS 'W3C trace id; empty for the command line.';
COMMENT ON COLUMN audit_log.principal_id IS 'The key, or what stands for the subject of a token; null for the command line.';
COMMENT ON COLUMN audit_log.principal IS 'Kind and name: key:NAME, token:SUBJECT or operator:ACCOUNT.';
COMMENT ON COLUMN audit_log.action IS 'What was done, such as recall or keys.rotate.';
COMMENT ON COLUMN audit_log.endpoint IS 'Method and template of the path, or the command.';
COMMENT ON COLUMN audit_log.status IS 'HTTP status of the answer; 499 where none was given; 200 for a command that was done.';
COMMENT ON COLUMN audit_log.user_ids IS 'Whose data the answer showed or the call was about.';
COMMENT ON COLUMN audit_log.conversation_ids IS 'Conversations likewise, those of the evidence shown among them.';
COMMENT ON COLUMN audit_log.item_ids IS 'Items likewise.';
COMMENT ON COLUMN audit_log.detail IS 'Numbers and settings; never words of a message or a question.';

CREATE FUNCTION keep_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < nullif(current_setting('alluvium.prune_before', true), '')::timestamptz THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
FOR EACH ROW EXECUTE FUNCTION keep_audit_log();
CREATE TRIGGER audit_log_not_emptied BEFORE TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_log();

CREATE FUNCTION prune_audit_log(before timestamptz, only_tenant text)
RETURNS TABLE (tenant_id text, pruned bigint) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('alluvium.prune_before', before::text, true);
    RETURN QUERY
        WITH gone AS (
            DELETE FROM audit_log AS log
            WHERE log.at < before AND (only_tenant IS NULL OR log.tenant_id = only_tenant)
            RETURNING log.tenant_id
        )
        SELECT gone.tenant_id, count(*) FROM gone GROUP BY 1 ORDER BY 1;
    PERFORM set_config('alluvium.prune_before', '', true);
END
$$;
COMMENT ON FUNCTION prune_audit_log IS
    'Takes out rows from before a time, of one tenant or of all; whoever calls it writes down that it was done.';
REVOKE ALL ON FUNCTION prune_audit_log FROM PUBLIC;

SELECT keep_tenants_apart('audit_log');
GRANT INSERT ON audit_log TO alluvium_api;
-- The same wall by the rights of the owner: under a policy, @> may not use its index (see 0006).
CREATE VIEW audit_log_to_search AS
SELECT * FROM audit_log WHERE tenant_id = current_setting('alluvium.tenant_id', true);
COMMENT ON VIEW audit_log_to_search IS 'The audit log of the transaction''s tenant.';
GRANT SELECT ON audit_log_to_search TO alluvium_api;

-- For the tenant that runs the service (ADMIN_TENANT): the API asks whether it is that one.
CREATE FUNCTION list_tenants(after_tenant text, most integer)
RETURNS TABLE (tenant_id text, keys bigint, users bigint, events numeric, last_used_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH known AS (
        SELECT api_keys.tenant_id FROM api_keys
        UNION SELECT events_received.tenant_id FROM events_received WHERE events_received.tenant_id IS NOT NULL
    ), page AS (
        SELECT known.tenant_id FROM known
        WHERE after_tenant IS NULL OR known.tenant_id COLLATE "C" > after_tenant
        ORDER BY known.tenant_id COLLATE "C" LIMIT most
    )
    SELECT page.tenant_id,
        (SELECT count(*) FROM api_keys AS k WHERE k.tenant_id = page.tenant_id AND k.revoked_at IS NULL
            AND (k.expires_at IS NULL OR k.expires_at > now())),
        (SELECT count(*) FROM profiles AS p WHERE p.tenant_id = page.tenant_id AND NOT p.removed),
        (SELECT coalesce(sum(e.records), 0) FROM events_received AS e WHERE e.tenant_id = page.tenant_id),
        (SELECT max(k.last_used_at) FROM api_keys AS k WHERE k.tenant_id = page.tenant_id)
    FROM page ORDER BY page.tenant_id COLLATE "C"
$$;
COMMENT ON FUNCTION list_tenants IS
    'Tenants by id: their good keys, people with a profile, events received, and when a key was last used.';
REVOKE ALL ON FUNCTION list_tenants FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_tenants TO alluvium_api;

CREATE FUNCTION is_tenant(asked text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM api_keys WHERE tenant_id = asked)
        OR EXISTS (SELECT FROM events_received WHERE tenant_id = asked)
$$;
COMMENT ON FUNCTION is_tenant IS 'Whether anything is known of a tenant: a key, or an event.';
REVOKE ALL ON FUNCTION is_tenant FROM PUBLIC;
GRANT EXECUTE ON FUNCTION is_tenant TO alluvium_api;
