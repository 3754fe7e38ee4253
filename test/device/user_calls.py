"""Which NVML calls work for the user that runs this; prints one JSON object. Needs no other file, so that it may be copied."""

import json
import os
import time

import pynvml

MEMORY_TEMPERATURE, POWER_INSTANT = 82, 186


def field_value(handle: object, field: int) -> int:
    value = pynvml.nvmlDeviceGetFieldValues(handle, [field])[0]
    if value.nvmlReturn != 0:
        raise pynvml.NVMLError(value.nvmlReturn)
    return value.value.uiVal


def gpm(handle: object) -> dict:
    """Two samples a second apart, and what ran between them."""
    samples = [pynvml.nvmlGpmSampleAlloc() for _ in range(2)]
    try:
        pynvml.nvmlGpmSampleGet(handle, samples[0])
        time.sleep(1)
        pynvml.nvmlGpmSampleGet(handle, samples[1])
        request = pynvml.c_nvmlGpmMetricsGet_t()
        request.version, request.sample1, request.sample2 = 1, *samples
        wanted = {"sm_active": 2, "tensor_any": 5, "hmma": 7, "imma": 9, "dram": 10}
        request.numMetrics = len(wanted)
        for slot, metric in enumerate(wanted.values()):
            request.metrics[slot].metricId = metric
        pynvml.nvmlGpmMetricsGet(request)
        return {name: round(request.metrics[slot].value, 2) for slot, name in enumerate(wanted)}
    finally:
        for sample in samples:
            pynvml.nvmlGpmSampleFree(sample)


CALLS = {
    "memory": lambda h: pynvml.nvmlDeviceGetMemoryInfo(h).used,
    "utilization": lambda h: pynvml.nvmlDeviceGetUtilizationRates(h).gpu,
    "temperature": lambda h: pynvml.nvmlDeviceGetTemperature(h, 0),
    "power": lambda h: pynvml.nvmlDeviceGetPowerUsage(h),
    "power, instant (field value)": lambda h: field_value(h, POWER_INSTANT),
    "memory temperature (field value)": lambda h: field_value(h, MEMORY_TEMPERATURE),
    "energy": lambda h: pynvml.nvmlDeviceGetTotalEnergyConsumption(h),
    "power samples": lambda h: len(pynvml.nvmlDeviceGetSamples(h, pynvml.NVML_TOTAL_POWER_SAMPLES, 0)[1]),
    "utilization samples": lambda h: len(pynvml.nvmlDeviceGetSamples(h, pynvml.NVML_GPU_UTILIZATION_SAMPLES, 0)[1]),
    "compute processes": lambda h: [(p.pid, p.usedGpuMemory) for p in pynvml.nvmlDeviceGetComputeRunningProcesses(h)],
    "name of the first process": lambda h: str(
        [pynvml.nvmlSystemGetProcessName(p.pid) for p in pynvml.nvmlDeviceGetComputeRunningProcesses(h)][:1]
    ),
    "ECC mode": lambda h: pynvml.nvmlDeviceGetEccMode(h),
    "ECC counters": lambda h: pynvml.nvmlDeviceGetTotalEccErrors(h, 0, 0),
    "remapped rows": lambda h: pynvml.nvmlDeviceGetRemappedRows(h),
    "MIG mode": lambda h: pynvml.nvmlDeviceGetMigMode(h),
    "GPM": gpm,
}

pynvml.nvmlInit()
device = pynvml.nvmlDeviceGetHandleByIndex(0)
results = {}
for name, call in CALLS.items():
    try:
        results[name] = {"works": True, "value": call(device)}
    except Exception as error:  # whatever it is, it is what the evidence is about
        results[name] = {"works": False, "value": f"{type(error).__name__}: {error}"}
print(json.dumps({"uid": os.getuid(), "calls": results}))
