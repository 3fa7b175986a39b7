"""A generation of memory built beside the one that answers: the history read again by another extractor.

The work is that of ordinary processes, each of which may also be started by hand, on any number of machines; this is
the one command that starts one of each, keeps them up and tells how far they are.
"""
