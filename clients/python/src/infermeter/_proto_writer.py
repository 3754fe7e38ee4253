"""The Protocol Buffers wire format, as far as this client writes and reads it."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator, Sequence

_VARINT, _FIXED64, _LENGTH_DELIMITED, _FIXED32 = 0, 1, 2, 5
_MASK_64 = (1 << 64) - 1


def varint(value: int) -> bytes:
    value &= _MASK_64  # a negative int64 is written as its two's complement
    if value < 0x80:
        return bytes((value,))
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def integer(field: int, value: int) -> bytes:
    """An integer field; proto3's default, 0, is left out."""
    return varint(field << 3 | _VARINT) + varint(value) if value else b""


def fixed64(field: int, value: int) -> bytes:
    return varint(field << 3 | _FIXED64) + value.to_bytes(8, "little") if value else b""


def block(field: int, body: bytes) -> bytes:
    """Bytes, or a nested message; written even when empty."""
    return varint(field << 3 | _LENGTH_DELIMITED) + varint(len(body)) + body


def text(field: int, value: str) -> bytes:
    return block(field, value.encode("utf-8", "replace"))


def packed_integers(field: int, values: Sequence[int]) -> bytes:
    """Integers from 0 on."""
    return block(field, bytes(values) if max(values, default=0) < 0x80 else b"".join(map(varint, values)))


def packed_numbers(field: int, values: array[float] | array[int]) -> bytes:
    """An array of 64-bit values: on most machines its memory is the wire format."""
    if sys.byteorder == "big":
        values = values[:]
        values.byteswap()
    return block(field, values.tobytes())


def fields_of(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of each field; raises ValueError for what is no message."""
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        field, wire_type = key >> 3, key & 7
        if wire_type == _VARINT:
            value, at = _read_varint(data, at)
            yield field, value
            continue
        if wire_type == _LENGTH_DELIMITED:
            length, at = _read_varint(data, at)
        elif wire_type in (_FIXED64, _FIXED32):
            length = 8 if wire_type == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {wire_type}")
        if at + length > len(data):
            raise ValueError("a field ends beyond its message")
        yield field, data[at : at + length]
        at += length


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number without end")
