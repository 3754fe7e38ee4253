"""What requests become on the wire, read by the contract."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from pathlib import Path
from typing import Any

import grpc
import pytest
from infermeter import ClientError, Meter
from scripted_agent import ScriptedAgent, fail_with, refuse_two


def make(agent: ScriptedAgent, **options: Any) -> Meter:
    return Meter(
        **{"model": "m", "variant": "int8", "address": agent.address, "flush_interval": 0.02, **options}
    )


def test_a_request_has_its_phases_figures_and_times(agent: ScriptedAgent) -> None:
    meter = make(agent, version="3", operation="chat", labels={"team": "a"}, gpu=("GPU-1", "GPU-2"))
    before = time.time_ns()
    with meter.request() as request:
        with request.phase("prefill"):
            time.sleep(0.01)
        request.first_token()
        request.first_token()
        with request.phase("decode"):
            time.sleep(0.02)
        request.tokens(input=7)
        request.tokens(output=9)
        request.batch_size = 2
    assert meter.flush()
    (row,) = agent.rows
    assert {name: row[name] for name in ("model", "variant", "version", "operation", "status")} == {
        "model": "m",
        "variant": "int8",
        "version": "3",
        "operation": "chat",
        "status": 1,
    }
    assert row["labels"] == {"team": "a", "gpu": "GPU-1,GPU-2"}
    assert (row["batch_size"], row["input_tokens"], row["output_tokens"]) == (2, 7, 9)
    assert before < row["end_unix_nano"] - row["duration_nano"] + 1e6
    assert row["end_unix_nano"] <= time.time_ns() + 1e6
    (prefill_ns, prefill_at), (decode_ns, decode_at) = row["phases"]["prefill"], row["phases"]["decode"]
    assert 0 <= prefill_at <= prefill_at + prefill_ns <= row["time_to_first_token_nano"] <= decode_at
    assert decode_at + decode_ns <= row["duration_nano"]
    assert prefill_ns >= 10e6 and decode_ns >= 20e6


def test_columns_of_requests_that_differ_keep_apart(agent: ScriptedAgent) -> None:
    meter = make(agent, flush_interval=5)
    for i in range(200):
        series = meter if i % 3 else meter.using(operation=f"op {i % 5}")
        phases = {f"phase {n}": (n + 1) / 1000 for n in range(i % 4)}
        series.record(
            i / 100,
            phases=phases,
            failed=i % 7 == 0,
            batch_size=i if i % 2 else None,
            output_tokens=i if i % 5 == 0 else None,
            first_token_seconds=0.001 if i % 11 == 0 else None,
        )
    assert meter.flush()
    rows = {round(row["duration_nano"] / 1e7): row for row in agent.rows}
    assert len(rows) == 200
    for i, row in rows.items():
        assert row["operation"] == ("" if i % 3 else f"op {i % 5}")
        assert row["status"] == (2 if i % 7 == 0 else 1)
        assert row.get("batch_size") == (i if i % 2 else None)
        assert row.get("output_tokens") == (i if i % 5 == 0 else None)
        assert ("time_to_first_token_nano" in row) == (i % 11 == 0)
        ends = 0
        for n in range(i % 4):
            duration, offset = row["phases"][f"phase {n}"]
            assert (duration, offset) == ((n + 1) * 1e6, ends)
            ends += (n + 1) * 1_000_000
        assert len(row["phases"]) == i % 4


def test_a_phase_that_runs_again_adds_up_and_one_within_another_is_kept(agent: ScriptedAgent) -> None:
    meter = make(agent)
    with meter.request() as request, request.phase("outer"):
        for _ in range(40):
            with request.phase("step"):
                time.sleep(0.0005)
    assert meter.flush()
    phases = agent.rows[0]["phases"]
    assert set(phases) == {"outer", "step"}
    assert 20e6 <= phases["step"][0] <= phases["outer"][0]
    assert phases["step"][1] >= phases["outer"][1]


def test_an_exception_fails_the_request_and_goes_on(agent: ScriptedAgent) -> None:
    meter = make(agent)
    with pytest.raises(KeyError), meter.request() as request, request.phase("inference"):
        raise KeyError("x")
    with meter.request() as request:
        request.fail()
    assert meter.flush()
    assert [row["status"] for row in agent.rows] == [2, 2]
    assert "inference" in agent.rows[0]["phases"]


def test_the_first_end_counts_and_a_discarded_request_never(agent: ScriptedAgent) -> None:
    meter = make(agent)
    request = meter.request()
    late = request.phase("late")
    request.end()
    request.end()
    late.end()
    meter.request().discard()
    with meter.request() as request:
        request.discard()
    assert meter.flush()
    assert len(agent.rows) == 1
    assert agent.rows[0]["phases"] == {}


def test_asynchronous_code_measures_as_well(agent: ScriptedAgent) -> None:
    meter = make(agent)

    async def serve(operation: str) -> None:
        async with meter.request() as request:
            request.operation = operation
            with request.phase("inference"):
                await asyncio.sleep(0.01)

    async def main() -> None:
        await asyncio.gather(*(serve(f"op {i}") for i in range(20)))

    asyncio.run(main())
    assert meter.flush()
    assert sorted(row["operation"] for row in agent.rows) == sorted(f"op {i}" for i in range(20))
    assert all(row["phases"]["inference"][0] >= 9e6 for row in agent.rows)


def test_decorated_functions_are_requests(agent: ScriptedAgent) -> None:
    meter = make(agent)

    @meter.measure
    def plain(x: int) -> int:
        if x < 0:
            raise ValueError("negative")
        return x

    @meter.measure(phase="inference")
    async def coroutine(x: int) -> int:
        await asyncio.sleep(0.005)
        return x

    @meter.measure
    def tokens(n: int) -> Any:
        time.sleep(0.005)
        got = yield "first"
        yield from (got for _ in range(n))
        return "done"

    @meter.measure
    async def stream(n: int) -> Any:
        for i in range(n):
            await asyncio.sleep(0.002)
            yield i

    async def main() -> list[int]:
        assert await coroutine(4) == 4
        return [i async for i in stream(3)]

    assert plain(1) == 1 and plain.__name__ == "plain"
    with pytest.raises(ValueError, match="negative"):
        plain(-1)
    generator = tokens(2)
    assert [next(generator), generator.send("sent")] == ["first", "sent"]
    assert next(generator) == "sent"
    with pytest.raises(StopIteration, match="done"):
        next(generator)
    assert asyncio.run(main()) == [0, 1, 2]
    assert meter.flush()
    by_order = agent.rows
    assert [row["status"] for row in by_order] == [1, 2, 1, 1, 1]
    assert by_order[2]["time_to_first_token_nano"] >= 5e6
    assert by_order[3]["phases"]["inference"][0] >= 4e6
    assert 2e6 <= by_order[4]["time_to_first_token_nano"] < by_order[4]["duration_nano"]


def test_figures_that_cannot_be_sent_cost_their_own_request_only(agent: ScriptedAgent) -> None:
    errors: list[ClientError] = []
    meter = make(agent, on_error=errors.append, flush_interval=5)
    for i in range(20):
        with meter.request() as request:
            request.batch_size = "eight" if i == 7 else i  # type: ignore[assignment]
            with request.phase([] if i == 9 else "inference"):  # type: ignore[arg-type]
                pass
    meter.record("long")  # type: ignore[arg-type]
    Meter("", address=agent.address, on_error=errors.append, flush_interval=5).record(1)
    assert meter.flush()
    assert len(agent.rows) == 18
    stats = meter.stats()
    assert (stats.recorded, stats.accepted, stats.invalid) == (18, 18, 4)
    assert {error.kind for error in errors} == {"invalid"}


def test_a_batch_whose_answer_got_lost_comes_again_under_its_number(agent: ScriptedAgent) -> None:
    agent.answers = [fail_with(grpc.StatusCode.UNAVAILABLE, "lost")]
    meter = make(agent)
    meter.record(1)
    assert meter.flush(5)
    first, second = agent.batches
    assert first == second and first.sequence == 1 and len(first.producer_id) == 16
    assert meter.stats()._replace(last_error=None) == (1, 1, 1, 0, 0, 0, 0, 1, None)


def test_what_the_agent_refuses_is_counted_and_told(agent: ScriptedAgent) -> None:
    errors: list[ClientError] = []
    agent.answers = [refuse_two, fail_with(grpc.StatusCode.INVALID_ARGUMENT, "no batch")]
    meter = make(agent, on_error=errors.append, flush_interval=5)
    for _ in range(3):
        meter.record(1)
    assert meter.flush()
    meter.record(1)
    assert meter.flush()
    assert meter.stats()[:5] == (4, 4, 1, 3, 0)
    assert [(error.kind, error.message) for error in errors] == [("refused", "2 of 3 spans: too_late")]
    assert meter.stats().last_error.message == "INVALID_ARGUMENT: no batch"  # type: ignore[union-attr]


def test_many_threads_lose_nothing(agent: ScriptedAgent) -> None:
    meter = make(agent)

    def serve() -> None:
        for _ in range(500):
            with meter.request() as request, request.phase("inference"):
                pass

    threads = [threading.Thread(target=serve) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert meter.flush(5)
    assert len(agent.rows) == 4000
    assert meter.stats()[:5] == (4000, 4000, 4000, 0, 0)


def test_batches_stay_small_however_many_phases_and_names(agent: ScriptedAgent) -> None:
    meter = make(agent, flush_interval=5)
    for i in range(600):
        meter.record(1, phases={f"{'long ' * 50}{i} {n}": 0.01 for n in range(40)})
    assert meter.flush(10)
    assert len(agent.rows) == 600
    assert max(batch.ByteSize() for batch in agent.batches) < 65_536
    assert {len(row["phases"]) for row in agent.rows} == {33}


def test_operations_that_are_ids_make_no_series_without_end(agent: ScriptedAgent) -> None:
    meter = make(agent)
    for i in range(1500):
        with meter.request() as request:
            request.operation = f"request {i}"
    assert meter.flush(5)
    assert len({row["operation"] for row in agent.rows}) == 1001


def test_tokens_are_asked_anew_and_sockets_and_tls_work(agent: ScriptedAgent, tmp_path: Path) -> None:
    tokens = iter(["first", "second"])
    meter = make(agent, token=lambda: next(tokens))
    for _ in range(2):
        meter.record(1)
        assert meter.flush()
    assert [one["authorization"] for one in agent.metadata] == ["Bearer first", "Bearer second"]
    local = ScriptedAgent(f"unix:{tmp_path}/spans.sock")
    over_socket = make(local)
    over_socket.record(1)
    assert over_socket.flush()
    local.stop()
    key, certificate = make_certificate(tmp_path)
    credentials = grpc.ssl_server_credentials([(key.read_bytes(), certificate.read_bytes())])
    secure = ScriptedAgent("127.0.0.1:0", credentials)
    context = ssl.create_default_context(cafile=str(certificate))
    trusting = make(secure, address=secure.address.replace("127.0.0.1", "localhost"), tls=context)
    for _ in range(1000):
        trusting.record(1, phases={f"phase {n}": 0.1 for n in range(8)})
    assert trusting.flush(5), trusting.stats()
    assert len(secure.rows) == 1000
    wary = make(secure, address=secure.address.replace("127.0.0.1", "localhost"), tls=True)
    wary.record(1)
    assert not wary.flush(0.5)
    assert "certificate" in wary.stats().last_error.message  # type: ignore[union-attr]
    secure.stop()


def make_certificate(folder: Path) -> tuple[Path, Path]:
    import subprocess

    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=localhost",
    ]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return key, certificate


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"CUDA_VISIBLE_DEVICES": "GPU-1"}, "GPU-1"),
        ({"NVIDIA_VISIBLE_DEVICES": "GPU-2"}, "GPU-2"),
        ({"CUDA_VISIBLE_DEVICES": "GPU-1,GPU-2"}, None),
        ({"CUDA_VISIBLE_DEVICES": "0", "NVIDIA_VISIBLE_DEVICES": "GPU-2"}, None),
        ({"NVIDIA_VISIBLE_DEVICES": "all"}, None),
    ],
)
def test_the_only_gpu_that_a_process_sees_is_its_own(
    agent: ScriptedAgent, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: Any
) -> None:
    for variable in ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    meter = make(agent)
    meter.record(1)
    assert meter.flush()
    assert agent.rows[0]["labels"].get("gpu") == expected


@pytest.mark.parametrize("address", ["", "nowhere", "localhost:", "localhost:http", "unix:", "[::1"])
def test_an_address_that_is_none_is_trouble_and_no_exception(address: str) -> None:
    meter = Meter("m", address=address or ":", on_error=lambda error: None)
    meter.record(1)
    assert not meter.flush(0.3)
    error = meter.stats().last_error
    assert error is not None and error.kind == "connection"
