"""The messages of proto/infermeter/v1: what goes to the agent, and what it answers."""

from __future__ import annotations

from typing import NamedTuple

from infermeter._proto_writer import block, fields_of, integer

REPORT_SPANS = "/infermeter.v1.SpanService/Report"


class BatchAck(NamedTuple):
    rejected: int
    # Of the first span that was rejected.
    reason: str


def encode_batch(producer_id: bytes, sequence: int, dropped: int, columns: bytes) -> bytes:
    """A `SpanBatch`; without columns it only tells what was dropped."""
    spans = block(5, columns) if columns else b""
    return block(1, producer_id) + integer(2, sequence) + spans + integer(6, dropped)


def decode_ack(message: bytes) -> BatchAck:
    """Raises ValueError for what is no `BatchAck`."""
    rejected, reason = 0, ""
    for field, value in fields_of(message):
        if field == 3 and isinstance(value, int):
            rejected = value
        elif field == 5 and isinstance(value, bytes) and not reason:
            reason = _reason_of(value)
    return BatchAck(rejected, reason)


def _reason_of(rejection: bytes) -> str:
    reasons = [value for field, value in fields_of(rejection) if field == 2 and isinstance(value, bytes)]
    return reasons[0].decode("utf-8", "replace") if reasons else ""
