"""A connection of HTTP/2 for one call at a time: h2 has the protocol, this the socket."""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Iterable
from typing import NamedTuple

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import H2Error
from h2.settings import SettingCodes, Settings

from infermeter._connection_lost import ConnectionLost

# Answers are some hundred bytes; what comes between two calls, and with it what is owed to the other side, is bounded.
_MAX_RECEIVED = 1 << 16
_READS_AT_ONCE = 16

Headers = Iterable[tuple[bytes, bytes]]


class Http2Response(NamedTuple):
    # Of the first and the last block, the last one's values winning.
    headers: dict[bytes, bytes]
    body: bytes


class Http2Connection:
    """Never blocks but in `wait`. All methods raise ConnectionLost."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._socket = sock
        self._protocol = _Protocol()
        self._unsent = bytearray()
        self._stream = 0
        self._body = b""
        self._received = 0
        self._headers: dict[bytes, bytes] = {}
        self._data = bytearray()
        self._response: Http2Response | None = None
        # False once the other side takes no further call.
        self.is_open = True

    def request(self, headers: Headers, body: bytes) -> None:
        """Begins a call; the one before must have been answered."""
        self._body = body
        self._received = 0
        self._headers, self._response = {}, None
        self._data.clear()
        try:
            self._stream = self._protocol.get_next_available_stream_id()
            self._protocol.send_headers(self._stream, headers)
        except H2Error as error:
            raise ConnectionLost(str(error)) from error
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
            self._received += len(read)
            if self._received > _MAX_RECEIVED:
                raise ConnectionLost("an answer without end")
            self._read(read)
            if self._response is not None:
                return  # an end that follows it does not take it back

    def _read(self, received: bytes) -> None:
        if received.startswith(b"HTTP/1"):
            raise ConnectionLost("the other side does not speak HTTP/2")
        try:
            for event in self._protocol.receive_data(received):
                self._apply(event)
        except H2Error as error:
            raise ConnectionLost(f"the other side breaks HTTP/2: {error}") from error

    def _send(self) -> None:
        try:
            while self._unsent or self._has_more():
                del self._unsent[: self._socket.send(self._unsent)]
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except (OSError, H2Error) as error:
            raise ConnectionLost(str(error)) from error

    def _has_more(self) -> bool:
        """Takes the next frame of the body, as far as the other side's windows allow, and what h2 has to say."""
        if self._body:
            window = self._protocol.local_flow_control_window(self._stream)
            room = min(window, self._protocol.max_outbound_frame_size)
            if room > 0:
                piece, self._body = self._body[:room], self._body[room:]
                self._protocol.send_data(self._stream, piece, end_stream=not self._body)
        self._unsent += self._protocol.data_to_send()
        return bool(self._unsent)

    def _apply(self, event: Event) -> None:
        if isinstance(event, ConnectionTerminated):
            self.is_open = False
            if self._response is None:  # h2 takes no answer after that
                raise ConnectionLost(f"the other side ends the connection, code {event.error_code}")
        elif getattr(event, "stream_id", None) != self._stream:
            return
        elif isinstance(event, (ResponseReceived, TrailersReceived)):
            self._headers.update(event.headers)
        elif isinstance(event, DataReceived):
            self._data += event.data
            self._protocol.acknowledge_received_data(event.flow_controlled_length, self._stream)
        elif isinstance(event, StreamEnded):
            self._finish()
        elif isinstance(event, StreamReset) and self._response is None:
            raise ConnectionLost(f"the call was reset, code {event.error_code}")

    def _finish(self) -> None:
        self._response = Http2Response(self._headers, bytes(self._data))
        if self._body:  # answered before all of it was sent
            self._body = b""
            self.is_open = False


class _Protocol(H2Connection):
    # A call is over when it is answered: nothing has to be known of those before.
    MAX_CLOSED_STREAMS = 16

    def __init__(self) -> None:
        super().__init__(H2Configuration(client_side=True, header_encoding=None))
        self.local_settings = Settings(client=True, initial_values={SettingCodes.ENABLE_PUSH: 0})
        self.initiate_connection()


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
