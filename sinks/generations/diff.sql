-- Items of two generations side by side: how many were added, removed, changed, by slot; with a few of each, by id, so
-- that a second look shows the same ones. What was taken back counts as not there: whether a generation ever saw it
-- depends on what was left of the log when it read it.
WITH before AS NOT MATERIALIZED (
    SELECT * FROM {before}.memory_items WHERE NOT deleted AND status <> 'retracted'
), after AS NOT MATERIALIZED (
    SELECT * FROM {after}.memory_items WHERE NOT deleted AND status <> 'retracted'
), both_sides AS (
    SELECT tenant_id, item_id, coalesce(before.kind, after.kind) AS kind, coalesce(before.slot, after.slot) AS slot,
        CASE
            WHEN before.item_id IS NULL THEN 'added'
            WHEN after.item_id IS NULL THEN 'removed'
            WHEN (before.value, before.status, before.confidence, before.validity, before.granularity,
                  before.due_from, before.due_to, before.superseded_by, before.evidence_count, before.retention_level, coalesce(before.explicit, false),
                  before.expired_to)
                IS DISTINCT FROM
                 (after.value, after.status, after.confidence, after.validity, after.granularity,
                  after.due_from, after.due_to, after.superseded_by, after.evidence_count, after.retention_level, coalesce(after.explicit, false),
                  after.expired_to)
                THEN 'changed'
        END AS change
    FROM before
    FULL JOIN after USING (tenant_id, item_id)
), numbered AS (
    SELECT *, count(*) OVER of_slot AS items, row_number() OVER (of_slot ORDER BY item_id) AS number
    FROM both_sides
    WHERE change IS NOT NULL
    WINDOW of_slot AS (PARTITION BY kind, slot, change)
)
SELECT numbered.kind, numbered.slot, change, items, tenant_id, coalesce(before.user_id, after.user_id) AS user_id, item_id,
    to_jsonb(before) AS before, to_jsonb(after) AS after,
    (
        SELECT quote
        FROM {after}.evidence AS new
        WHERE new.tenant_id = numbered.tenant_id AND new.item_id = numbered.item_id AND NOT new.removed
        ORDER BY occurred_at DESC
        LIMIT 1
    ) AS quote_after,
    (
        SELECT quote
        FROM {before}.evidence AS old
        WHERE old.tenant_id = numbered.tenant_id AND old.item_id = numbered.item_id AND NOT old.removed
        ORDER BY occurred_at DESC
        LIMIT 1
    ) AS quote_before
FROM numbered
LEFT JOIN before USING (tenant_id, item_id)
LEFT JOIN after USING (tenant_id, item_id)
WHERE number <= greatest(%(examples)s, 1)
ORDER BY numbered.kind, numbered.slot, change, numbered.item_id
