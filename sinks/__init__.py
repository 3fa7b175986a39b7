"""Land the derived topics in databases: a loop over the log, a promise (`ports`), and a writer a database.

Nothing here computes memory; rows are the records, as they are.
"""
