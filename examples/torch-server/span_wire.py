"""Spans as bytes of infermeter.v1.SpanBatch, and BatchAck back, without protoc.

The numbers are the field numbers of proto/infermeter/v1/span_service.proto, in its row form.
"""

from __future__ import annotations

import struct
from typing import Iterable, Mapping, NamedTuple, Sequence

STATUS_OK = 1
STATUS_ERROR = 2

_VARINT, _FIXED64, _BYTES = 0, 1, 2


class Phase(NamedTuple):
    """A part of a request. Without an offset it begins where the phase before it ended."""

    name: str
    duration_ns: int
    start_offset_ns: int | None = None


class Ack(NamedTuple):
    accepted: int
    rejected: int
    duplicate: bool
    reasons: tuple[str, ...]


def encode_series(model: str, variant: str, version: str, operation: str, labels: Mapping[str, str]) -> bytes:
    """The fields of a Span that all spans of a series share; encode_span continues them."""
    texts = b"".join(
        _text(field, value)
        for field, value in ((1, model), (2, variant), (3, version), (4, operation))
        if value
    )
    return texts + b"".join(_block(5, _text(1, key) + _text(2, value)) for key, value in labels.items())


def encode_span(
    series: bytes,
    start_unix_ns: int,
    duration_ns: int,
    status: int,
    phases: Sequence[Phase],
    *,
    batch_size: int | None = None,
    input_tokens: int | None = None,
) -> bytes:
    """One row; `series` is what encode_series gave."""
    parts = [
        series,
        _tag(6, _FIXED64) + struct.pack("<Q", start_unix_ns),
        _integer(7, duration_ns),
        _integer(8, status),
    ]
    parts += [_block(9, _phase(phase)) for phase in phases]
    if batch_size is not None:
        parts.append(_integer(11, batch_size))
    if input_tokens is not None:
        parts.append(_integer(12, input_tokens))
    return b"".join(parts)


def encode_batch(producer_id: bytes, sequence: int, spans: Iterable[bytes], dropped: int) -> bytes:
    parts = [_block(1, producer_id), _integer(2, sequence)]
    parts += [_block(4, span) for span in spans]
    if dropped:
        parts.append(_integer(6, dropped))
    return b"".join(parts)


def decode_ack(data: bytes) -> Ack:
    """Unknown fields are skipped; raises ValueError for what is no BatchAck."""
    numbers = {2: 0, 3: 0, 4: 0}
    reasons: list[str] = []
    for field, value in _fields(data):
        if field in numbers and isinstance(value, int):
            numbers[field] = value
        elif field == 5 and isinstance(value, bytes):
            reasons += [text.decode() for inner, text in _fields(value) if inner == 2 and isinstance(text, bytes)]
    return Ack(numbers[2], numbers[3], numbers[4] != 0, tuple(reasons))


def _phase(phase: Phase) -> bytes:
    body = _text(1, phase.name) + _integer(2, phase.duration_ns)
    return body if phase.start_offset_ns is None else body + _integer(3, phase.start_offset_ns)


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1  # a negative int64 is written as its two's complement
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _tag(field: int, wire_type: int) -> bytes:
    return _varint(field << 3 | wire_type)


def _integer(field: int, value: int) -> bytes:
    return _tag(field, _VARINT) + _varint(value)


def _block(field: int, body: bytes) -> bytes:
    return _tag(field, _BYTES) + _varint(len(body)) + body


def _text(field: int, value: str) -> bytes:
    return _block(field, value.encode())


def _fields(data: bytes) -> Iterable[tuple[int, int | bytes]]:
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        field, wire_type = key >> 3, key & 7
        if wire_type == _VARINT:
            value, at = _read_varint(data, at)
            yield field, value
        else:
            length, at = (8, at) if wire_type == _FIXED64 else _read_length(data, at, wire_type)
            if at + length > len(data):
                raise ValueError("a field ends beyond its message")
            yield field, data[at : at + length]
            at += length


def _read_length(data: bytes, at: int, wire_type: int) -> tuple[int, int]:
    if wire_type == 5:
        return 4, at
    if wire_type != _BYTES:
        raise ValueError(f"wire type {wire_type}")
    return _read_varint(data, at)


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("a number without end")
