"""Runs a command while one model serves a steady load: under_load.py MODEL VARIANT -- COMMAND..."""

import subprocess
import sys

from model_load import ModelServer

model, variant, separator, *command = sys.argv[1:]
assert separator == "--", __doc__
with ModelServer(model, variant, port=8081) as server:
    load = server.start_load(600, concurrency=4, batch_size=16)
    try:
        code = subprocess.run(command).returncode
    finally:
        load.kill()
        load.wait()
sys.exit(code)
