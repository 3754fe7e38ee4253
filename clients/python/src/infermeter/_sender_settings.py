"""How an agent is reached, and what may wait for it."""

from __future__ import annotations

import ssl
from typing import Callable, NamedTuple, Union

from infermeter._error_log import ErrorCallback

Token = Union[str, Callable[[], str], None]


class SenderSettings(NamedTuple):
    """Equal settings share a thread and a connection."""

    address: str
    tls: ssl.SSLContext | None
    token: Token
    flush_interval_s: float
    max_spans: int
    on_error: ErrorCallback | None
