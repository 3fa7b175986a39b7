"""How many of the steps of a sink are struck at: every third in `make test`, each in `make every-step`."""

from __future__ import annotations

import os
from typing import Final

STRIDE: Final = 1 if os.environ.get("EVERY_STEP") else 3
