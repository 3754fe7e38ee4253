"""Brings the outbox to the agent, one call at a time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from infermeter._backoff import Backoff
from infermeter._batch import REPORT_SPANS, decode_ack
from infermeter._connecting import connect
from infermeter._connection_lost import ConnectionLost
from infermeter._error_log import ErrorLog
from infermeter._outbox import Call, Outbox
from infermeter._sender_settings import SenderSettings

if TYPE_CHECKING:
    from infermeter._grpc import Answer, GrpcConnection

_ANSWER_TIMEOUT_S = 10.0


class Delivery:
    """Waits only in `wait`, and while it connects. A lost connection is made anew, with growing pauses."""

    def __init__(self, settings: SenderSettings, outbox: Outbox, errors: ErrorLog) -> None:
        self._settings = settings
        self._outbox = outbox
        self._errors = errors
        self._backoff = Backoff()
        self._connection: GrpcConnection | None = None
        self._in_flight: Call | None = None
        self._sent_s = 0.0
        self._paused_until_s = 0.0
        self._has_failed = False
        self.accepted = 0
        self.rejected = 0
        self.reconnects = 0
        # Attempts that failed.
        self.failures = 0

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is due."""
        return self._in_flight is not None

    def step(self) -> None:
        """Reads what came, and sends what may be sent."""
        try:
            self._read()
            while self._in_flight is None and self._send_next():
                self._read()
        except (OSError, ImportError, ConnectionLost, ValueError) as error:
            self._fail(str(error) or type(error).__name__)

    def wait(self, timeout_s: float) -> None:
        """For an answer."""
        if self._connection is not None:
            self._connection.wait(timeout_s)

    def hurry(self) -> None:
        """Ends a pause."""
        self._paused_until_s = 0.0

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._in_flight = None

    def _read(self) -> None:
        if self._connection is None:
            return
        try:
            answer = self._connection.poll()
        except ConnectionLost:
            if self._in_flight is not None:
                raise
            self.close()  # it was idle: nothing is lost, and the next call makes another
            return
        if self._in_flight is None:
            return
        if answer is not None:
            self._settle(self._in_flight, answer)
        elif time.monotonic() - self._sent_s > _ANSWER_TIMEOUT_S:
            raise ConnectionLost(f"no answer for {_ANSWER_TIMEOUT_S:.0f} s")

    def _send_next(self) -> bool:
        """Whether a call was sent."""
        now_s = time.monotonic()
        if now_s < self._paused_until_s:
            return False
        call = self._outbox.head()
        if call is None:
            return False
        if self._connection is None or not self._connection.is_open:
            self.close()
            self.reconnects += self._has_failed
            self._connection = connect(self._settings.address, self._settings.tls)
        self._in_flight = call
        self._sent_s = now_s
        self._connection.call(call.method, call.message, self._read_token())
        return True

    def _settle(self, call: Call, answer: Answer) -> None:
        self._in_flight = None
        if answer.failure is None:
            self._accept(call, answer.body)
        elif answer.is_final or call.method != REPORT_SPANS:
            self._errors.report("refused", answer.failure)
            self.rejected += call.spans
            self._outbox.refused()
        else:
            self._fail(answer.failure)

    def _accept(self, call: Call, body: bytes) -> None:
        self._has_failed = False
        self._backoff.reset()
        if call.method == REPORT_SPANS:
            ack = decode_ack(body)
            rejected = min(ack.rejected, call.spans)
            self.accepted += call.spans - rejected
            self.rejected += rejected
            if rejected:
                self._errors.report(
                    "refused", f"{rejected} of {call.spans} spans: {ack.reason or 'no reason given'}"
                )
        self._outbox.answered()

    def _fail(self, message: str) -> None:
        self.close()
        self._has_failed = True
        self.failures += 1
        self._paused_until_s = time.monotonic() + self._backoff.next_s()
        self._errors.report("connection", f"{self._settings.address}: {message}")

    def _read_token(self) -> str:
        token = self._settings.token
        try:
            return (token() if callable(token) else token) or ""
        except Exception as error:
            self._errors.report("connection", f"token: {error!r}")
            return ""
