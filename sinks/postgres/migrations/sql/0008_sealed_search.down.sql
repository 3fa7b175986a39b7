DROP TRIGGER search_messages_added ON messages;
DROP TRIGGER search_messages_changed ON messages;
DROP TRIGGER search_messages_deleted ON messages;
DROP FUNCTION search_messages_added, search_messages_changed, search_messages_deleted;
DROP TABLE search_tail, search_participants, search_blocks, search_postings, search_changes, search_work;
