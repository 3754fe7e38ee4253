"""The connection against servers that do as HTTP/2 allows, and as it does not."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, RequestReceived, StreamEnded
from h2.settings import SettingCodes, Settings
from infermeter._connection_lost import ConnectionLost
from infermeter._http2 import Http2Connection, Http2Response

HEADERS = [(b":method", b"POST"), (b":scheme", b"http"), (b":path", b"/s/m"), (b":authority", b"a")]
BODY = bytes(range(256)) * 800
ANSWER = b"answer"


class Server:
    """Answers each call with `ANSWER`, once it has read `BODY`."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.protocol = H2Connection(H2Configuration(client_side=False))
        self.received: dict[int, bytearray] = {}

    def serve(self) -> None:
        self.begin()
        self.flush()
        while data := self.socket.recv(65_536):
            for event in self.protocol.receive_data(data):
                if isinstance(event, RequestReceived):
                    self.received[event.stream_id] = bytearray()
                    self.take_head(event.stream_id)
                elif isinstance(event, DataReceived):
                    self.received[event.stream_id] += event.data
                    self.take_data(event)
                elif isinstance(event, StreamEnded):
                    assert self.received[event.stream_id] == BODY
                    self.answer(event.stream_id)
            self.flush()

    def flush(self) -> None:
        self.socket.sendall(self.protocol.data_to_send())

    def begin(self) -> None:
        self.protocol.initiate_connection()

    def take_head(self, stream: int) -> None:
        pass

    def take_data(self, event: DataReceived) -> None:
        self.protocol.acknowledge_received_data(event.flow_controlled_length, event.stream_id)

    def answer(self, stream: int) -> None:
        self.protocol.send_headers(stream, [(":status", "200"), ("x", "first")])
        self.protocol.send_data(stream, ANSWER, pad_length=9)
        self.protocol.send_headers(stream, [("grpc-status", "0"), ("x", "last")], end_stream=True)


class NarrowWindows(Server):
    def begin(self) -> None:
        super().begin()
        self.protocol.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 999})


class WindowClosedAtFirst(Server):
    def begin(self) -> None:
        super().begin()
        self.protocol.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 0})

    def take_head(self, stream: int) -> None:
        self.flush()
        time.sleep(0.05)
        self.protocol.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 1 << 20})


class LargeFrames(Server):
    def begin(self) -> None:
        largest = self.protocol.max_inbound_frame_size = 1 << 20
        self.protocol.local_settings = Settings(False, {SettingCodes.MAX_FRAME_SIZE: largest})
        super().begin()


class AnswersBeforeItRead(Server):
    def take_head(self, stream: int) -> None:
        self.answer(stream)

    def take_data(self, event: DataReceived) -> None:
        pass


class AsksMeanwhile(Server):
    def take_head(self, stream: int) -> None:
        for i in range(100):
            self.protocol.ping(i.to_bytes(8, "big"))


class GoesAway(Server):
    def answer(self, stream: int) -> None:
        self.protocol.close_connection(last_stream_id=stream)


class Resets(Server):
    def take_head(self, stream: int) -> None:
        self.protocol.reset_stream(stream, ErrorCodes.REFUSED_STREAM)


class AsksWithoutEnd(Server):
    def take_head(self, stream: int) -> None:
        while True:
            self.protocol.ping(bytes(8))
            self.flush()


class AnswersWithoutEnd(Server):
    def take_head(self, stream: int) -> None:
        self.protocol.send_headers(stream, [(":status", "200")])
        while True:
            self.protocol.send_data(
                stream, bytes(min(16_384, self.protocol.local_flow_control_window(stream)))
            )
            self.flush()


class SpeaksHttp1(Server):
    def begin(self) -> None:
        self.socket.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


class Dies(Server):
    def take_head(self, stream: int) -> None:
        self.socket.close()


@contextmanager
def connected(kind: type[Server]) -> Iterator[Http2Connection]:
    ours, theirs = socket.socketpair()

    def serve() -> None:
        with suppress(OSError), theirs:
            kind(theirs).serve()

    threading.Thread(target=serve, daemon=True).start()
    connection = Http2Connection(ours)
    yield connection
    connection.close()


def call(connection: Http2Connection) -> Http2Response:
    connection.request(HEADERS, BODY)
    deadline_s = time.monotonic() + 10
    while time.monotonic() < deadline_s:
        response = connection.poll()
        if response is not None:
            return response
        connection.wait(1)
    raise TimeoutError


@pytest.mark.parametrize("kind", [Server, NarrowWindows, WindowClosedAtFirst, LargeFrames, AsksMeanwhile])
def test_calls_follow_each_other_on_one_connection(kind: type[Server]) -> None:
    with connected(kind) as connection:
        for _ in range(3):
            headers, body = call(connection)
            assert (headers[b":status"], headers[b"grpc-status"], headers[b"x"]) == (b"200", b"0", b"last")
            assert body == ANSWER
        assert connection.is_open


def test_of_calls_long_over_nothing_is_kept() -> None:
    with connected(Server) as connection:
        for _ in range(50):
            call(connection)
        assert len(connection._protocol.streams) <= 1 and len(connection._protocol._closed_streams) <= 16


def test_after_an_answer_to_half_a_call_the_connection_takes_no_other() -> None:
    with connected(AnswersBeforeItRead) as connection:
        assert call(connection).body == ANSWER
        assert not connection.is_open


LOST: list[tuple[type[Server], str]] = [
    (GoesAway, "ends the connection"),
    (Resets, "reset"),
    (AsksWithoutEnd, "without end"),
    (AnswersWithoutEnd, "without end"),
    (SpeaksHttp1, "does not speak HTTP/2"),
    (Dies, "closed|reset|pipe"),
]


@pytest.mark.parametrize(("kind", "reason"), LOST)
def test_what_ends_a_connection_is_told(kind: type[Server], reason: str) -> None:
    with connected(kind) as connection, pytest.raises(ConnectionLost, match=reason):
        call(connection)


def answer_of_a_server() -> bytes:
    client, server = H2Connection(), H2Connection(H2Configuration(client_side=False))
    client.initiate_connection()
    client.send_headers(1, HEADERS, end_stream=True)
    server.initiate_connection()
    server.receive_data(client.data_to_send())
    server.send_headers(1, [(":status", "200")])
    server.send_data(1, ANSWER, pad_length=3)
    server.send_headers(1, [("grpc-status", "13"), ("grpc-message", "a longer message")], end_stream=True)
    server.close_connection()
    return server.data_to_send()


def test_a_damaged_answer_costs_the_connection_at_most() -> None:
    source = random.Random(7)
    answer = answer_of_a_server()
    for _ in range(500):
        damaged = bytearray(answer)
        for _ in range(source.randrange(1, 4)):
            damaged[source.randrange(len(damaged))] = source.randrange(256)
        ours, theirs = socket.socketpair()
        connection = Http2Connection(ours)
        with theirs, suppress(ConnectionLost):
            connection.request(HEADERS, ANSWER)
            theirs.sendall(damaged)
            connection.poll()
        connection.close()
