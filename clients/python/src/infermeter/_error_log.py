"""Trouble is told once a minute and kind, never to the request that met it."""

from __future__ import annotations

import logging
import time
from typing import Callable

from infermeter._stats import ClientError

_REPORT_EVERY_S = 60.0
_log = logging.getLogger("infermeter")

ErrorCallback = Callable[[ClientError], None]


class ErrorLog:
    """Used by the background thread alone, `last` by anyone."""

    def __init__(self, on_error: ErrorCallback | None) -> None:
        self._on_error = on_error
        self._reported_s: dict[str, float] = {}
        self.last: ClientError | None = None

    def report(self, kind: str, message: str) -> None:
        self.last = ClientError(kind, message, time.time())
        now_s = time.monotonic()
        if now_s - self._reported_s.get(kind, float("-inf")) < _REPORT_EVERY_S:
            return
        self._reported_s[kind] = now_s
        try:
            if self._on_error is None:
                _log.warning("%s: %s", kind, message)
            else:
                self._on_error(self.last)
        except Exception:  # the callback's own trouble must not end the thread
            pass
