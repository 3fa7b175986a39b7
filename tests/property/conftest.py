"""How many examples a property is tried on: as many as `make test` has time for, or `EXAMPLES` of them.

No deadline and no health check of speed: both read the wall clock, which other processes slow down.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

EXAMPLES = 60
"""Of each property; about three seconds of CPU."""

settings.register_profile(
    "properties",
    max_examples=int(os.environ.get("EXAMPLES") or EXAMPLES),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("properties")
