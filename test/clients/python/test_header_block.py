"""Headers against another implementation of HPACK."""

from __future__ import annotations

import contextlib
import random

import pytest
from hpack import Decoder, Encoder
from infermeter._header_block import decode_headers, encode_headers

RANDOM = random.Random(7)
MESSAGES = ["", "OK", "no batch", "columns: 3 ≠ 4", bytes(range(256)).decode("latin-1")] + [
    "".join(chr(RANDOM.randrange(1, 256)) for _ in range(RANDOM.randrange(200))) for _ in range(50)
]


def test_what_it_writes_another_reads() -> None:
    headers = [
        (b":method", b"POST"),
        (b":scheme", b"https"),
        (b":path", b"/infermeter.v1.SpanService/Report"),
        (b":authority", b"localhost:4317"),
        (b"te", b"trailers"),
        (b"content-type", b"application/grpc"),
        (b"authorization", b"Bearer " + b"x" * 300),
    ]
    decoder = Decoder()
    decoder.max_header_list_size = 1 << 20
    decoded = decoder.decode(encode_headers(headers), raw=True)
    assert [(bytes(name), bytes(value)) for name, value in decoded] == headers


@pytest.mark.parametrize("huffman", [True, False])
def test_what_another_writes_it_reads(huffman: bool) -> None:
    for message in MESSAGES:
        encoder = Encoder()
        encoder.header_table_size = 0
        value = message.encode("latin-1", "replace")
        headers = [(b":status", b"200"), (b"grpc-status", b"13"), (b"grpc-message", value), (b"server", b"x")]
        block = encoder.encode(headers, huffman=huffman)
        decoded = decode_headers(block)
        assert (decoded[b":status"], decoded[b"grpc-status"], decoded[b"grpc-message"]) == (
            b"200",
            b"13",
            value,
        )


def test_damage_is_an_error_and_no_loop() -> None:
    encoder = Encoder()
    encoder.header_table_size = 0
    block = encoder.encode([(b":status", b"200"), (b"grpc-message", b"a longer message")], huffman=True)
    for _ in range(2000):
        damaged = bytearray(block)
        for _ in range(RANDOM.randrange(1, 4)):
            damaged[RANDOM.randrange(len(damaged))] = RANDOM.randrange(256)
        with contextlib.suppress(ValueError, IndexError):
            decode_headers(bytes(damaged[: RANDOM.randrange(len(damaged) + 1)]))
