-- The extension stays: others may use it. Vectors can be made again from the texts.

DROP FUNCTION drop_embedding_model, serve_embedding_model, create_embedding_model, make_message_vectors;
DROP TABLE IF EXISTS message_vectors;
DROP TABLE embedding_models;
