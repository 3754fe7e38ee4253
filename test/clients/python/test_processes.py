"""Processes that fork: each sends its own spans, once, under a producer of its own."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time

import pytest
from built_agent import ROOT, BuiltAgent
from infermeter import Meter


def meter_for(agent: BuiltAgent) -> Meter:
    return Meter("m", address=agent.address, flush_interval=0.02)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_forks_of_a_process_at_work_send_their_own(built_agent: BuiltAgent) -> None:
    meter = meter_for(built_agent)
    children = []
    for _ in range(8):
        for _ in range(100):
            meter.record(0.001)
        child = os.fork()
        if child == 0:
            for _ in range(50):
                meter.record(0.001)
            os._exit(0 if meter.flush(10) and meter.stats().accepted == 50 else 1)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 8
    assert meter.flush(5)
    assert meter.stats()[:3] == (800, 800, 800)
    source = built_agent.source()
    # A producer shared by two processes would make duplicates.
    assert (source["accepted"], source["duplicate"]) == (1200, 0)


def serve(meter: Meter) -> None:
    meter.record(0.001)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_child_of_multiprocessing_sends_what_waits_when_it_ends(built_agent: BuiltAgent) -> None:
    meter = meter_for(built_agent)
    serve(meter)
    children = [multiprocessing.get_context("fork").Process(target=serve, args=(meter,)) for _ in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join(20)
    assert [child.exitcode for child in children] == [0, 0, 0]
    assert meter.flush()
    assert built_agent.source()["accepted"] == 4


def test_a_meter_that_measured_nothing_has_neither_thread_nor_connection(built_agent: BuiltAgent) -> None:
    threads = len(os.listdir("/proc/self/task"))
    meter = meter_for(built_agent)
    meter.request().discard()
    time.sleep(0.05)
    assert len(os.listdir("/proc/self/task")) == threads
    assert meter.flush() and built_agent.source()["received"] == 0


FORK_IN_AN_IMPORT = """
import os, sys, threading, time
sys.path.insert(0, sys.argv[1])
from infermeter import Meter

begun = threading.Event()

class Slow:
    def find_spec(self, name, path, target=None):
        if name == "h2.events":
            begun.set()
            time.sleep(0.3)

sys.meta_path.insert(0, Slow())
meter = Meter("m", address=sys.argv[2])
assert "h2" not in sys.modules
meter.record(0.001)
assert begun.wait(10)
child = os.fork()
meter.record(0.001)
sent = meter.flush(10) and meter.stats().accepted == (1 if child == 0 else 2)
if child == 0:
    os._exit(0 if sent else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) or not sent)
"""


def test_a_fork_while_the_first_connection_imports_what_it_needs(built_agent: BuiltAgent) -> None:
    command = [sys.executable, "-W", "ignore", "-c", FORK_IN_AN_IMPORT]
    done = subprocess.run([*command, str(ROOT / "clients/python/src"), built_agent.address], timeout=60)
    assert done.returncode == 0
    assert built_agent.source()["accepted"] == 3
