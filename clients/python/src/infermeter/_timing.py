"""Phases whose times are not known yet when their request ends."""

from __future__ import annotations

from typing import Protocol


class Timing(Protocol):
    """For instance of a GPU, which is still at work. Asked by the background thread until it knows."""

    name: str
    # Whether the request ends with it, and not before.
    ends_request: bool

    def is_ready(self) -> bool: ...

    def read(self) -> tuple[int, int] | None:
        """Start and end by `time.perf_counter_ns`, or None where they cannot be had. Called once, and last."""
        ...
