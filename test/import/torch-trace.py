"""Profiles some steps of a small network: writes the trace, and beside it what torch's own table says of it.

usage: torch-trace.py TRACE.json[.gz] TABLE.json
"""

import json
import sys

import torch
from torch.profiler import ProfilerActivity, profile, record_function, schedule

STEPS = 4

trace_path, table_path = sys.argv[1:]
torch.manual_seed(1)
torch.set_num_threads(1)
activities = [ProfilerActivity.CPU]
device = "cpu"
if torch.cuda.is_available():
    activities.append(ProfilerActivity.CUDA)
    device = "cuda"
model = torch.nn.Sequential(
    torch.nn.Conv2d(3, 8, 3),
    torch.nn.ReLU(),
    torch.nn.Flatten(),
    torch.nn.Linear(8 * 30 * 30, 10),
).to(device)
images = torch.randn(2, 3, 32, 32, device=device)

with profile(
    activities=activities,
    schedule=schedule(wait=0, warmup=1, active=STEPS, repeat=1),
    on_trace_ready=lambda done: done.export_chrome_trace(trace_path),
) as profiler:
    for _ in range(1 + STEPS):
        with record_function("forward"):
            loss = model(images).square().mean()
        with record_function("backward"):
            loss.backward()
        profiler.step()

rows = [
    {
        "name": row.key,
        "calls": row.count,
        "cpu_total_us": row.cpu_time_total,
        "cpu_self_us": row.self_cpu_time_total,
        "gpu_self_us": row.self_device_time_total,
    }
    for row in profiler.key_averages()
]
with open(table_path, "w", encoding="utf-8") as file:
    json.dump({"torch": torch.__version__, "device": device, "steps": STEPS, "rows": rows}, file, indent=1)
    file.write("\n")
