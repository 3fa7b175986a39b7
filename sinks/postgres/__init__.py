"""PostgreSQL: its schema and migrations, the rows a record gives, and the writer.

Other packages may read the names in `tables`.
"""
