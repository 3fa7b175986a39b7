"""Dead letters as a workflow: look at them, mend them, send them again or set them aside, and keep a record of each.

The commands are `python -m streams dead-letters`. Extract writes the letters; nothing here takes part in its loop.
"""
