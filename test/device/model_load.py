"""Starts the example's server, and drives loads on it that fill whole slices."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from urllib.request import urlopen

from evidence_paths import AGENT_GRPC, DEVICE, ROOT, SIZE, SLICE_S, SLICES, WORK

EXAMPLE = ROOT / "examples/torch-server"
CLIENT = str(ROOT / "clients/python/src")
_READY_WITHIN_S = 150
# A load begins so long before its first slice and ends so long after its last.
_MARGIN_S = 0.5


class ModelServer:
    """One model and variant in a process of its own, so that its memory is its own; ends with the `with` block."""

    def __init__(self, model: str, variant: str, port: int, gpu: str | None = None) -> None:
        self.model, self.variant = model, variant
        environment = {
            **os.environ,
            "INFERMETER_ADDRESS": AGENT_GRPC,
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": os.pathsep.join(filter(None, (CLIENT, os.environ.get("PYTHONPATH")))),
        }
        if gpu is not None:
            environment["CUDA_VISIBLE_DEVICES"] = gpu
        self._log = open(WORK / "servers.log", "a")
        arguments = ["--models", model, "--variants", variant, "--size", SIZE, "--device", DEVICE, "--port", str(port)]
        self._process = subprocess.Popen(
            [sys.executable, EXAMPLE / "server.py", *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=self._log,
            bufsize=0,  # else lines that Python has already read would not show in `select`
            start_new_session=True,
        )
        self.url = f"http://127.0.0.1:{port}"
        with open(WORK / "server-pids", "a") as pids:
            pids.write(f"{self._process.pid}\n")

    def __enter__(self) -> ModelServer:
        started_s = time.monotonic()
        try:
            self._wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        print(f"{self.model}/{self.variant} serves after {time.monotonic() - started_s:.1f} s", flush=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            rest, _ = self._process.communicate(timeout=10)
            self._log.write((rest or b"").decode())
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._log.close()

    def stats(self) -> dict:
        with urlopen(f"{self.url}/stats", timeout=10) as response:
            return json.load(response)["engines"][f"{self.model}/{self.variant}"]

    def start_load(self, seconds: float, **options: object) -> subprocess.Popen:
        named = {"model": self.model, "variant": self.variant, "seconds": seconds, **options}
        flags = [text for name, value in named.items() for text in (f"--{name.replace('_', '-')}", str(value))]
        return subprocess.Popen([sys.executable, EXAMPLE / "load.py", self.url, *flags], stdout=subprocess.PIPE)

    def _wait_until_ready(self) -> None:
        """Its first line that is an address says so."""
        output = self._process.stdout
        deadline_s = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < deadline_s:
            if not select.select([output], [], [], 1)[0]:
                continue
            line = output.readline().decode()
            self._log.write(line)
            if line.startswith("http://"):
                return
            if not line:
                raise RuntimeError(f"{self.model}/{self.variant}: the server ended; see servers.log")
        raise RuntimeError(f"{self.model}/{self.variant}: no answer within {_READY_WITHIN_S} s")


class AlignedLoad:
    """Loads on one or several servers at once, over SLICES whole slices, of which the edges are known."""

    def __init__(self, servers: list[ModelServer], slices: int = SLICES, **options: object) -> None:
        self._servers = servers
        now_s = time.time()
        self.first_edge_s = ((now_s + _MARGIN_S + 0.3) // SLICE_S + 1) * SLICE_S
        self.last_edge_s = self.first_edge_s + slices * SLICE_S
        time.sleep(self.first_edge_s - _MARGIN_S - now_s)
        seconds = slices * SLICE_S + 2 * _MARGIN_S
        self._loads = [server.start_load(seconds, **{"concurrency": 4, "batch_size": 16, **options}) for server in servers]

    def finish(self) -> list[dict]:
        """What the clients saw; also the edges, in Unix ms."""
        edges = {"first_edge_ms": self.first_edge_s * 1000, "last_edge_ms": self.last_edge_s * 1000}
        results = []
        for load in self._loads:
            output, _ = load.communicate(timeout=120)
            results.append({**json.loads(output), **edges})
        for result in results:
            rate, p50 = result["per_second"], result["latency_p50_seconds"]
            print(f"{result['model']}/{result['variant']}: {rate:.1f} requests/s, p50 {p50} s", flush=True)
        return results
