"""Where Alluvium runs: the embedded stack, images and compose parts.

Holds nothing the stream itself needs: no other package imports from here.
"""
