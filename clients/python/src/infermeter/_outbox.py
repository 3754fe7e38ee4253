"""What waits for the agent, as the bytes that go to it."""

from __future__ import annotations

from collections import deque

from infermeter._batch import REPORT_SPANS, encode_batch
from infermeter._span_columns import EncodedSpans

# Of a span, on the average: what many phases or long names cost beyond that lets fewer spans wait.
_BYTES_PER_SPAN = 256
_MAX_REPORTS = 16


class Call:
    """A call that is made until it is answered, always with the same bytes, so that the agent counts it once."""

    __slots__ = ("message", "method", "spans", "told_drops")

    def __init__(self, method: str, message: bytes, spans: int = 0, told_drops: int = 0) -> None:
        self.method = method
        self.message = message
        self.spans = spans
        self.told_drops = told_drops


class Outbox:
    """Batches of spans, of which the oldest go when there are too many, and other reports, of which few wait at once.

    `spans` counts those that wait, `sent` those that were put into a call, `dropped` those that were let go; the next
    batch tells the agent of these.
    """

    def __init__(self, producer_id: bytes, max_spans: int) -> None:
        self._producer_id = producer_id
        self._max_spans = max_spans
        self._batches: deque[EncodedSpans] = deque()
        self._reports: deque[Call] = deque()
        self._bytes = 0
        self._sequence = 0
        self._untold_drops = 0
        self._head: Call | None = None
        self.spans = 0
        self.sent = 0
        self.dropped = 0

    def add(self, batch: EncodedSpans) -> None:
        self._batches.append(batch)
        self._bytes += len(batch.columns)
        self.spans += batch.spans
        while self._batches and (
            self.spans > self._max_spans or self._bytes > self._max_spans * _BYTES_PER_SPAN
        ):
            oldest = self._take_batch()
            self.spans -= oldest.spans
            self.drop(oldest.spans)

    def add_report(self, call: Call) -> bool:
        """False if too many wait."""
        if len(self._reports) >= _MAX_REPORTS:
            return False
        self._reports.append(call)
        return True

    def drop(self, spans: int) -> None:
        self.dropped += spans
        self._untold_drops += spans

    @property
    def is_empty(self) -> bool:
        """Whether all is answered; what was dropped may be told with the next spans."""
        return self._head is None and not self._batches and not self._reports

    def head(self) -> Call | None:
        """What is to be sent, or sent again; the same until it is answered."""
        if self._head is None:
            if self._batches:
                self._head = self._cut(self._take_batch())
            elif self._reports:
                self._head = self._reports.popleft()
            elif self._untold_drops:
                self._head = self._cut(EncodedSpans(b"", 0))
        return self._head

    def answered(self) -> None:
        """The head is done with."""
        if self._head is not None:
            self.spans -= self._head.spans
            self._head = None

    def refused(self) -> None:
        """As `answered`, but nobody learned what the head said of drops."""
        if self._head is not None:
            self._untold_drops += self._head.told_drops
            self.answered()

    def _take_batch(self) -> EncodedSpans:
        batch = self._batches.popleft()
        self._bytes -= len(batch.columns)
        return batch

    def _cut(self, batch: EncodedSpans) -> Call:
        self._sequence += 1
        self.sent += batch.spans
        told, self._untold_drops = self._untold_drops, 0
        message = encode_batch(self._producer_id, self._sequence, told, batch.columns)
        return Call(REPORT_SPANS, message, batch.spans, told)
