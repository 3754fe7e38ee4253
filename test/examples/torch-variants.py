"""Compares the answers of each variant with those of fp32, on the CPU; prints the cosine of the angle between them."""

import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[2] / "examples/torch-server"))

import torch  # noqa: E402
from models import MODELS, create_network  # noqa: E402
from quantize import convert, supported_variants  # noqa: E402

device = torch.device("cpu")
results = []
for model in MODELS:
    inputs = torch.randint(0, 256, (4, 3, 224, 224) if model == "vision" else (4, 128))
    with torch.inference_mode():
        answers = {
            variant: convert(create_network(model, "small", device), variant)(inputs).double().flatten()
            for variant in supported_variants(device)
        }
    for variant, answer in answers.items():
        cosine = torch.nn.functional.cosine_similarity(answer, answers["fp32"], dim=0).item()
        results.append({"model": model, "variant": variant, "cosine": cosine})
print(json.dumps(results))
