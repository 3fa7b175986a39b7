"""What PostgreSQL and Redis are asked, one file a subject; statements.py holds all SQL."""
