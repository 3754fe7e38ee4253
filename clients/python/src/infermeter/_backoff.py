"""Waits between attempts."""

from __future__ import annotations

import random

_FIRST_S = 0.1
# Well below the agent's lateness (30 s by default): what waits is still taken once the agent is back.
_LONGEST_S = 5.0


class Backoff:
    """Growing waits, each drawn between half and all of its bound, so that many clients spread out."""

    def __init__(self) -> None:
        self._bound_s = _FIRST_S

    def next_s(self) -> float:
        bound_s = self._bound_s
        self._bound_s = min(2 * bound_s, _LONGEST_S)
        return bound_s * random.uniform(0.5, 1)

    def reset(self) -> None:
        self._bound_s = _FIRST_S
