"""As much of HTTP/2 (RFC 9113) as a client needs that makes one call at a time."""

from __future__ import annotations

import select
import socket
import ssl
import struct
from collections.abc import Iterable
from typing import NamedTuple

from infermeter._header_block import decode_headers, encode_headers

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PING = 0, 1, 3, 4, 6
_GOAWAY, _WINDOW_UPDATE, _CONTINUATION = 7, 8, 9
_END_STREAM, _ACK, _END_HEADERS, _PADDED, _PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
_HEADER_TABLE_SIZE, _ENABLE_PUSH, _INITIAL_WINDOW_SIZE, _MAX_FRAME_SIZE = 1, 2, 4, 5
# No dynamic table: then each block of headers can be read by itself.
_OUR_SETTINGS = struct.pack(">HIHI", _HEADER_TABLE_SIZE, 0, _ENABLE_PUSH, 0)
_DEFAULT_WINDOW = 65_535
_LARGEST_FRAME = 16_384
# Answers are some hundred bytes.
_MAX_RECEIVED = 1 << 15
# A frame of a call and some confirmations; more is owed only to a peer that talks and does not listen.
_MAX_UNSENT = 1 << 21
_READS_AT_ONCE = 16
_LAST_STREAM = (1 << 31) - 1

Headers = Iterable[tuple[bytes, bytes]]


class ConnectionLost(Exception):
    """The connection is of no more use; whether the other side took the call is not known."""


class Http2Response(NamedTuple):
    # Of the first and the last block, the last one's values winning.
    headers: dict[bytes, bytes]
    body: bytes


class Http2Connection:
    """Never blocks but in `wait`. All methods raise ConnectionLost."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._socket = sock
        self._received = bytearray()
        self._unsent = bytearray(_PREFACE + _frame(_SETTINGS, 0, 0, _OUR_SETTINGS))
        self._stream = -1
        self._body = b""
        self._window = _DEFAULT_WINDOW
        self._stream_window = _DEFAULT_WINDOW
        self._initial_window = _DEFAULT_WINDOW
        self._frame_limit = _LARGEST_FRAME
        self._block: tuple[int, bytearray] | None = None
        self._headers: dict[bytes, bytes] = {}
        self._data = bytearray()
        self._response: Http2Response | None = None
        # False once the other side takes no further call.
        self.is_open = True

    def request(self, headers: Headers, body: bytes) -> None:
        """Begins a call; the one before must have been answered."""
        self._stream += 2
        if self._stream == _LAST_STREAM:
            self.is_open = False
        self._body = body
        self._stream_window = self._initial_window
        self._headers, self._response = {}, None
        self._data.clear()
        self._unsent += _frame(_HEADERS, _END_HEADERS, self._stream, encode_headers(headers))
        self._send()

    def poll(self) -> Http2Response | None:
        """Reads and writes what can be without waiting. The call's answer, once it is there."""
        self._receive()
        self._send()
        return self._response

    def wait(self, timeout_s: float) -> None:
        """Until something can be read (or written, where something waits to be), or the time is up."""
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return
        if hasattr(select, "poll"):
            poller = select.poll()
            poller.register(self._socket, select.POLLIN | (select.POLLOUT if self._unsent else 0))
            poller.poll(timeout_s * 1000)
        else:
            select.select([self._socket], [self._socket] if self._unsent else [], [], timeout_s)

    def close(self) -> None:
        self.is_open = False
        self._socket.close()

    def _receive(self) -> None:
        for _ in range(_READS_AT_ONCE):
            try:
                read = self._socket.recv(65_536)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError as error:
                raise ConnectionLost(str(error)) from error
            if not read:
                raise ConnectionLost("the other side closed the connection")
            self._received += read
            self._read_frames()

    def _send(self) -> None:
        self._queue_body()
        try:
            while self._unsent:
                del self._unsent[: self._socket.send(self._unsent)]
                self._queue_body()
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except OSError as error:
            raise ConnectionLost(str(error)) from error

    def _queue_body(self) -> None:
        """As far as the other side's windows allow."""
        while self._body and not self._unsent:
            room = min(self._window, self._stream_window, self._frame_limit, len(self._body))
            if room <= 0:
                return
            piece, self._body = self._body[:room], self._body[room:]
            self._unsent += _frame(_DATA, 0 if self._body else _END_STREAM, self._stream, piece)
            self._window -= room
            self._stream_window -= room

    def _read_frames(self) -> None:
        received = self._received
        while len(received) >= 9:
            length = int.from_bytes(received[:3], "big")
            if length > _LARGEST_FRAME:
                raise ConnectionLost("the other side does not speak HTTP/2")
            if len(received) < 9 + length:
                return
            kind, flags = received[3], received[4]
            stream = int.from_bytes(received[5:9], "big") & 0x7FFFFFFF
            payload = bytes(received[9 : 9 + length])
            del received[: 9 + length]
            try:
                self._read_frame(kind, flags, stream, payload)
            except (struct.error, IndexError, ValueError) as error:
                raise ConnectionLost(f"a malformed frame: {error}") from error
        if len(self._unsent) > _MAX_UNSENT:
            raise ConnectionLost("the other side talks and does not listen")

    def _read_frame(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == _SETTINGS:
            if not flags & _ACK:
                self._apply_settings(payload)
        elif kind == _PING:
            if not flags & _ACK:
                self._unsent += _frame(_PING, _ACK, 0, payload)
        elif kind == _WINDOW_UPDATE:
            (grown,) = struct.unpack(">I", payload)
            if stream == 0:
                self._window += grown
            elif stream == self._stream:
                self._stream_window += grown
        elif kind == _GOAWAY:
            self._go_away(payload)
        elif kind in (_HEADERS, _CONTINUATION):
            self._read_header_frame(kind, flags, stream, payload)
        elif kind == _DATA:
            self._read_data(flags, stream, payload)
        elif kind == _RST_STREAM and stream == self._stream and self._response is None:
            raise ConnectionLost(f"the call was reset, code {int.from_bytes(payload, 'big')}")

    def _apply_settings(self, payload: bytes) -> None:
        for name, value in struct.iter_unpack(">HI", payload):
            if name == _INITIAL_WINDOW_SIZE:
                self._stream_window += value - self._initial_window
                self._initial_window = value
            elif name == _MAX_FRAME_SIZE:
                self._frame_limit = min(value, 1 << 20)
        self._unsent += _frame(_SETTINGS, _ACK, 0, b"")

    def _go_away(self, payload: bytes) -> None:
        last, code = struct.unpack(">II", payload[:8])
        self.is_open = False
        if code != 0 or self._stream > last & 0x7FFFFFFF:
            raise ConnectionLost(f"the other side ends the connection, code {code}")

    def _read_header_frame(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == _HEADERS:
            payload = _without_padding(flags, payload)
            if flags & _PRIORITY:
                payload = payload[5:]
            self._block = flags, bytearray()
        if self._block is None:
            raise ValueError("a continuation of nothing")
        first_flags, collected = self._block
        collected += payload
        self._bound(collected)
        if not flags & _END_HEADERS:
            return
        self._block = None
        headers = decode_headers(bytes(collected))
        if stream == self._stream:
            self._headers.update(headers)
            self._finish(first_flags)

    def _read_data(self, flags: int, stream: int, payload: bytes) -> None:
        if payload:  # an answer fits into the stream's own window
            self._unsent += _frame(_WINDOW_UPDATE, 0, 0, struct.pack(">I", len(payload)))
        if stream == self._stream:
            self._data += _without_padding(flags, payload)
            self._bound(self._data)
            self._finish(flags)

    def _finish(self, flags: int) -> None:
        if flags & _END_STREAM and self._response is None:
            self._body = b""
            self._response = Http2Response(self._headers, bytes(self._data))

    def _bound(self, collected: bytearray) -> None:
        if len(collected) > _MAX_RECEIVED:
            raise ValueError("an answer without end")


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + struct.pack(">BBI", kind, flags, stream) + payload


def _without_padding(flags: int, payload: bytes) -> bytes:
    return payload[1 : len(payload) - payload[0]] if flags & _PADDED else payload


def open_socket(address: str, timeout_s: float, tls: ssl.SSLContext | None) -> socket.socket:
    """Connects to `host:port` or `unix:/path`; raises OSError, and ValueError for what is no address."""
    if address.startswith("unix:"):
        return _open_unix_socket(address[len("unix:") :], timeout_s)
    host, _, port = address.rpartition(":")
    if not port.isdigit():
        raise ValueError("must be host:port or unix:/path")
    host = host.strip("[]")
    sock = socket.create_connection((host, int(port)), timeout_s)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return tls.wrap_socket(sock, server_hostname=host) if tls else sock
    except BaseException:
        sock.close()
        raise


def _open_unix_socket(path: str, timeout_s: float) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout_s)
        sock.connect(path[2:] if path.startswith("///") else path)  # gRPC's own way to write it: unix:///path
    except BaseException:
        sock.close()
        raise
    return sock
