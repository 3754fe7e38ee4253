"""One gRPC connection, for one unary call at a time whose messages are bytes."""

from __future__ import annotations

import ssl
from typing import NamedTuple
from urllib.parse import unquote

from infermeter._connection_lost import ConnectionLost
from infermeter._http2 import Http2Connection, Http2Response, open_socket

_CONNECT_TIMEOUT_S = 2.0
# By code, as gRPC has them.
_NAMES = """
OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED
FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED
""".split()
_INVALID_ARGUMENT, _RESOURCE_EXHAUSTED = 3, 8


class Answer(NamedTuple):
    """`body` is the message where the call went well; else `failure` says what was wrong."""

    body: bytes
    failure: str | None = None
    # The same bytes would get the same answer.
    is_final: bool = False


class GrpcConnection:
    """Connecting takes two seconds at most; nothing else waits but `wait`. Raises ConnectionLost and OSError."""

    def __init__(self, address: str, tls: ssl.SSLContext | None) -> None:
        self._http2 = Http2Connection(open_socket(address, _CONNECT_TIMEOUT_S, tls))
        self._scheme = b"https" if tls else b"http"
        self._authority = b"localhost" if address.startswith("unix:") else address.encode()

    @property
    def is_open(self) -> bool:
        return self._http2.is_open

    def call(self, method: str, message: bytes, token: str) -> None:
        headers = [
            (b":method", b"POST"),
            (b":scheme", self._scheme),
            (b":path", method.encode()),
            (b":authority", self._authority),
            (b"te", b"trailers"),
            (b"content-type", b"application/grpc"),
            (b"user-agent", b"infermeter-python"),
        ]
        if token:
            headers.append((b"authorization", f"Bearer {token}".encode("latin-1", "replace")))
        self._http2.request(headers, b"\0" + len(message).to_bytes(4, "big") + message)

    def poll(self) -> Answer | None:
        response = self._http2.poll()
        return None if response is None else _answer_of(response)

    def wait(self, timeout_s: float) -> None:
        self._http2.wait(timeout_s)

    def close(self) -> None:
        self._http2.close()


def _answer_of(response: Http2Response) -> Answer:
    headers, body = response
    http_status = headers.get(b":status", b"200")
    code = headers.get(b"grpc-status")
    if code is None:
        return Answer(b"", f"no gRPC answer, HTTP status {http_status.decode('ascii', 'replace')}")
    if code != b"0":
        return _failure_of(code, unquote(headers.get(b"grpc-message", b"").decode("ascii", "replace")))
    if len(body) < 5 or body[0] != 0 or int.from_bytes(body[1:5], "big") != len(body) - 5:
        raise ConnectionLost("an answer that is no message")
    return Answer(body[5:])


def _failure_of(code: bytes, details: str) -> Answer:
    number = int(code) if code.isdigit() else 2
    name = _NAMES[number] if number < len(_NAMES) else f"status {number}"
    # The agent's limit on messages is lower than our batches; other RESOURCE_EXHAUSTED may pass.
    is_too_large = number == _RESOURCE_EXHAUSTED and "larger than max" in details
    return Answer(b"", f"{name}: {details}", number == _INVALID_ARGUMENT or is_too_large)
