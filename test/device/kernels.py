"""Section: the example's Triton kernels and products on this GPU against plain PyTorch on the same numbers."""

import sys

from evidence_paths import DEVICE, ROOT
from section_result import markdown_table, write_section

sys.path.insert(0, str(ROOT / "examples/torch-server"))

import row_scaling  # noqa: E402
import torch  # noqa: E402
from quantize import Fp8Linear, Int8Linear, supported_variants  # noqa: E402

device = torch.device(DEVICE)
torch.manual_seed(1)
rows = []
x = torch.randn(300, 8192, device=device, dtype=torch.bfloat16)
weight = torch.randn(4096, 8192, device=device, dtype=torch.bfloat16)
exact = x.float() @ weight.float().t()
for variant, layer in (("int8", Int8Linear), ("fp8", Fp8Linear)):
    if variant in supported_variants(device):
        error = (layer(weight)(x).float() - exact).norm() / exact.norm()
        rows.append((f"{variant} linear layer, relative error", f"{error.item():.4f}"))
for dtype in (torch.int8, torch.float8_e4m3fn):
    numbers, scales = row_scaling.quantize_rows(x, dtype)
    plain_numbers, plain_scales = row_scaling.quantize_rows(x.cpu(), dtype)
    differing = (numbers.cpu().float() != plain_numbers.float()).float().mean().item()
    rows.append((f"{dtype}, share of numbers that differ from plain PyTorch's", f"{differing:.5f}"))
    rows.append((f"{dtype}, greatest difference of scales", f"{(scales.cpu() - plain_scales).abs().max().item():.2e}"))
versions = {"torch": torch.__version__, "cuda": torch.version.cuda, "kernels": row_scaling.kernels is not None}
write_section("kernels", "Quantized products on this GPU", [markdown_table(("what", "value"), rows)], {"rows": rows, **versions})
