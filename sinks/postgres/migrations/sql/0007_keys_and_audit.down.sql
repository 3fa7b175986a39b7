-- Takes the audit log and the rotation of keys away.

DROP FUNCTION is_tenant, list_tenants, prune_audit_log;
DROP VIEW audit_log_to_search;
DROP TABLE audit_log;
DROP FUNCTION keep_audit_log;
REVOKE INSERT (key_id, tenant_id, name, key_hmac, scopes, rate_limited, expires_at) ON api_keys FROM alluvium_api;
REVOKE UPDATE (key_hmac, previous_hmac, previous_until, rotated_at, expires_at, revoked_at, last_used_at)
    ON api_keys FROM alluvium_api;

CREATE OR REPLACE FUNCTION find_key(digest bytea) RETURNS SETOF api_keys
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT * FROM api_keys WHERE key_hmac = digest
$$;
COMMENT ON FUNCTION find_key IS 'The one key with this HMAC, good or not, whoever''s it is.';
ALTER TABLE api_keys DROP COLUMN previous_hmac, DROP COLUMN previous_until, DROP COLUMN rotated_at;
