"""Section: what it ran on."""

import os
import platform
import subprocess

from agent_points import read_status
from section_result import markdown_table, write_section


def output(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=60).stdout.strip()
    except OSError as error:
        return str(error)


query = "--query-gpu=name,driver_version,memory.total,power.limit,mig.mode.current"
figures = {
    "GPUs": output("nvidia-smi", query, "--format=csv,noheader"),
    "kernel": platform.release(),
    "CPUs": os.cpu_count(),
    "Python": platform.python_version(),
    "PyTorch": output("python3", "-c", "import torch; print(torch.__version__)"),
    "Node": output(os.environ.get("NODE", "node"), "--version"),
}
gpu = read_status().get("gpu", {})
figures["GPUs are read by"] = f"{gpu.get('source')}: {gpu.get('reason')}"
write_section("machine", "Machine", [markdown_table(("what", "value"), list(figures.items()))], figures)
