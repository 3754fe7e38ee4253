"""Blocks of headers as HPACK (RFC 7541) without a dynamic table."""

from __future__ import annotations

from collections.abc import Iterable

# Code lengths of Huffman's code (RFC 7541, Appendix B) for the octets 0 to 255 and the end of a string, as runs of
# "length*count". The code is canonical: codes of one length follow one another in the order of the octets.
_CODE_LENGTHS = """
13 23 28*7 24 30 28*2 30 28*8 30 28*9 6 10*2 12 13 6 8 11 10*2 8 11 8 6*3 5*3 6*7 7 8 15 6 12 10 13 6 7*22 8 7 8 13 19
13 14 6 15 5 6 5 6 5 6*3 5 7*2 6*3 5 6 7 6 5*2 6 7*5 15 11 14 13 28 20 22 20*2 22*3 23 22 23*5 24 23 24*2 22 23 24 23*4
21 22 23 22 23*2 24 22 21 20 22*2 23*2 21 23 22*2 24 21 22 23*2 21*2 22 21 23 22 23*2 20 22*3 23 22*2 23 26*2 20 19 22
23 22 25 26*3 27*2 26 24 25 19 21 26 27*2 26 27 24 21*2 26*2 28 27*3 20 24 20 21 22 21*2 23 22*2 25*2 24*2 26 23 26 27
26*2 27*5 28 27*5 26 30
"""
_END_OF_STRING = 256
_LONGEST_CODE = 30

# Of the static table (Appendix A): the entries whose value matters to a client, and the names that it sends.
_STATUS_VALUES = {8: b"200", 9: b"204", 10: b"206", 11: b"304", 12: b"400", 13: b"404", 14: b"500"}
_STATIC_ENTRIES = 61
_METHOD_POST, _SCHEME_HTTP, _SCHEME_HTTPS = 3, 6, 7
_NAME_INDEX = {b":authority": 1, b":path": 4, b"authorization": 23, b"content-type": 31, b"user-agent": 58}
_WHOLE_ENTRY = {
    (b":method", b"POST"): _METHOD_POST,
    (b":scheme", b"http"): _SCHEME_HTTP,
    (b":scheme", b"https"): _SCHEME_HTTPS,
}
_NEVER_INDEXED = 0x10


def encode_headers(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    block = bytearray()
    for name, value in headers:
        entry = _WHOLE_ENTRY.get((name, value))
        if entry is not None:
            block += _encode_integer(entry, 7, 0x80)
            continue
        index = _NAME_INDEX.get(name, 0)
        block += _encode_integer(index, 4, _NEVER_INDEXED)
        if index == 0:
            block += _encode_integer(len(name), 7, 0) + name
        block += _encode_integer(len(value), 7, 0) + value
    return bytes(block)


def decode_headers(block: bytes) -> dict[bytes, bytes]:
    """Of headers by an entry of the static table only `:status`; raises ValueError or IndexError."""
    headers: dict[bytes, bytes] = {}
    at = 0
    while at < len(block):
        first = block[at]
        if first & 0x80:  # name and value by index
            index, at = _decode_integer(block, at, 7)
            if not 1 <= index <= _STATIC_ENTRIES:
                raise ValueError(f"no entry {index} in the table of headers")
            if index in _STATUS_VALUES:
                headers[b":status"] = _STATUS_VALUES[index]
        elif first & 0xE0 == 0x20:  # size of the dynamic table
            _, at = _decode_integer(block, at, 5)
        else:
            index, at = _decode_integer(block, at, 6 if first & 0x40 else 4)
            name = b":status" if index in _STATUS_VALUES else b""
            if index == 0:
                name, at = _decode_string(block, at)
            value, at = _decode_string(block, at)
            if name:
                headers[name] = value
    return headers


def _encode_integer(value: int, prefix_bits: int, flags: int) -> bytes:
    largest = (1 << prefix_bits) - 1
    if value < largest:
        return bytes((flags | value,))
    encoded = bytearray((flags | largest,))
    value -= largest
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _decode_integer(block: bytes, at: int, prefix_bits: int) -> tuple[int, int]:
    largest = (1 << prefix_bits) - 1
    value = block[at] & largest
    at += 1
    if value < largest:
        return value, at
    for shift in range(0, 28, 7):
        byte = block[at]
        at += 1
        value += (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("an integer without end")


def _decode_string(block: bytes, at: int) -> tuple[bytes, int]:
    is_huffman = block[at] & 0x80
    length, at = _decode_integer(block, at, 7)
    if at + length > len(block):
        raise ValueError("a string ends beyond its block")
    octets = block[at : at + length]
    return _decode_huffman(octets) if is_huffman else octets, at + length


def _decode_huffman(octets: bytes) -> bytes:
    decoded = bytearray()
    code = length = 0
    for octet in octets:
        for bit in range(7, -1, -1):
            code = code << 1 | octet >> bit & 1
            length += 1
            symbol = _SYMBOLS.get((length, code))
            if symbol is not None:
                if symbol == _END_OF_STRING:
                    raise ValueError("the end of a string in a string")
                decoded.append(symbol)
                code = length = 0
            elif length == _LONGEST_CODE:
                raise ValueError("no such code")
    return bytes(decoded)


def _canonical_code() -> dict[tuple[int, int], int]:
    """The octet by length and code."""
    lengths = [
        int(length)
        for length, _, count in (run.partition("*") for run in _CODE_LENGTHS.split())
        for _ in range(int(count or 1))
    ]
    symbols: dict[tuple[int, int], int] = {}
    code = last_length = 0
    for length, symbol in sorted((length, symbol) for symbol, length in enumerate(lengths)):
        code <<= length - last_length
        symbols[length, code] = symbol
        code += 1
        last_length = length
    return symbols


_SYMBOLS = _canonical_code()
