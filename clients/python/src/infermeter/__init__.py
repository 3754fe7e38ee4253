"""Sends the timing spans of inference requests to an infermeter agent beside the server, in the background.

from infermeter import Meter

meter = Meter("resnet50", "int8")
with meter.request() as request:
    with request.phase("inference"):
        ...
"""

from infermeter._meter import Meter
from infermeter._request import Phase, Request
from infermeter._stats import ClientError, Stats

__all__ = ["ClientError", "Meter", "Phase", "Request", "Stats"]
__version__ = "0.1.0"
