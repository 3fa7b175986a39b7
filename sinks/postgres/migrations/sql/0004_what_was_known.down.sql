-- Takes away what only questions as of an earlier time need.

DROP TABLE evidence_versions;
DROP TABLE message_texts;
ALTER TABLE messages DROP COLUMN first_recorded_at, DROP COLUMN text_recorded_at;
