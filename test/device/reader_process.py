"""Section: memory and CPU of the agent and of its process that reads the GPUs: reader_process.py AGENT_PID SECONDS."""

import os
import sys
import time
from pathlib import Path

from section_result import markdown_table, shown, write_section

_TICKS = os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def cpu_seconds(pid: int) -> float:
    """Its own and that of children it has waited for, such as nvidia-smi."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / _TICKS


def memory_kb(pid: int) -> dict[str, int]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    sizes = {name.rstrip(":"): int(size) for name, size, *_ in map(str.split, lines)}
    return {"rss": sizes["Rss"], "pss": sizes["Pss"], "private": sizes["Private_Clean"] + sizes["Private_Dirty"]}


agent, seconds = int(sys.argv[1]), float(sys.argv[2])
readers = [pid for pid in children(agent) if "gpu-program" in command(pid)]
processes = {"agent": agent, **{"GPU reader": pid for pid in readers}}
before = {name: cpu_seconds(pid) for name, pid in processes.items()}
started_s = time.monotonic()
time.sleep(seconds)
watched_s = time.monotonic() - started_s
figures = {
    name: {"cpu_percent_of_a_core": 100 * (cpu_seconds(pid) - before[name]) / watched_s, "memory_kb": memory_kb(pid)}
    for name, pid in processes.items()
}
rows = [
    (name, shown(f["cpu_percent_of_a_core"], 3), *(shown(f["memory_kb"][kind] / 1024) for kind in ("private", "pss", "rss")))
    for name, f in figures.items()
]
head = ("process", "CPU, % of a core", "private MiB", "PSS MiB", "RSS MiB")
write_section("reader_process", f"The agent's processes over {watched_s:.0f} s at 1 Hz", [markdown_table(head, rows)], figures)
