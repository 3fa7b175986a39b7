-- Takes everything of the first migration away, rows included.

DROP TABLE api_keys;
DROP TABLE sink_offsets;
DROP TABLE profiles;
DROP VIEW outcomes_by_hour;
DROP TABLE outcomes;
DROP TABLE evidence;
DROP TABLE memory_item_versions;
DROP TABLE memory_items;
DROP TABLE messages;
