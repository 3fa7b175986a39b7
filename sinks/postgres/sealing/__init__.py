"""Blocks of sealed messages: how they are packed, and the steps by which they come about.

`packing` is pure and also read by the API; `steps` writes.
"""
