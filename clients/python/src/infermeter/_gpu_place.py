"""Which GPU this process uses, as far as it can be known without asking a driver."""

from __future__ import annotations

import os

_VARIABLES = ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES")


def visible_gpu() -> str:
    """The uuid of the only GPU that the environment shows this process; empty if it shows several, or none by uuid."""
    for variable in _VARIABLES:
        devices = [device.strip() for device in os.environ.get(variable, "").split(",") if device.strip()]
        if devices:
            return devices[0] if len(devices) == 1 and devices[0].startswith("GPU-") else ""
    return ""
