"""The senders of this process: found by their settings, flushed when it ends, made anew in a fork."""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time

from infermeter._sender import Sender
from infermeter._sender_settings import SenderSettings

# All senders together hold the end of the process up for no longer.
_EXIT_TIMEOUT_S = 2.0

_senders: dict[SenderSettings, Sender] = {}
_lock = threading.Lock()
_ends_here = 0


def sender_for(settings: SenderSettings) -> Sender:
    with _lock:
        if settings not in _senders:
            _senders[settings] = Sender(settings, _end_at_exit)
        return _senders[settings]


def flush_all(timeout_s: float = _EXIT_TIMEOUT_S) -> None:
    """Two attempts each: where no agent is, nobody waits for it."""
    deadline_s = time.monotonic() + timeout_s
    for sender in list(_senders.values()):
        sender.flush(max(0.0, deadline_s - time.monotonic()), attempts=2)


def _end_all() -> None:
    flush_all()
    for sender in _senders.values():
        sender.end()


def _end_at_exit() -> None:
    """Registers `_end_all`, once in each process."""
    global _ends_here
    if _ends_here == os.getpid():
        return
    _ends_here = os.getpid()
    atexit.register(_end_all)
    # A child of multiprocessing ends without `atexit` in most versions of Python.
    multiprocessing = sys.modules.get("multiprocessing.util")
    if multiprocessing is not None:
        multiprocessing.Finalize(None, _end_all, exitpriority=0)


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()
    for sender in _senders.values():
        sender.reset_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
