"""Triton kernels of row_scaling. Between two int8 products these are what takes time, so each reads memory once."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

_BLOCK = 4096


@triton.jit
def _quantize_row(
    x, numbers, scales, columns, row_stride, greatest, tiny, WHOLE: tl.constexpr, BLOCK: tl.constexpr
):
    row = tl.program_id(0).to(tl.int64)
    x += row * row_stride
    numbers += row * columns
    peaks = tl.zeros([BLOCK], tl.float32)
    for start in range(0, columns, BLOCK):
        at = start + tl.arange(0, BLOCK)
        peaks = tl.maximum(peaks, tl.abs(tl.load(x + at, mask=at < columns, other=0.0).to(tl.float32)))
    scale = tl.maximum(tl.max(peaks, axis=0), tiny) / greatest
    tl.store(scales + row, scale)
    for start in range(0, columns, BLOCK):  # the row is in the cache now
        at = start + tl.arange(0, BLOCK)
        scaled = tl.load(x + at, mask=at < columns, other=0.0).to(tl.float32) / scale
        scaled = tl.minimum(tl.maximum(scaled, -greatest), greatest)
        if WHOLE:
            scaled = tl.floor(scaled + 0.5)
        tl.store(numbers + at, scaled.to(numbers.dtype.element_ty), mask=at < columns)


@triton.jit
def _rescale_row(product, row_scales, column_scales, out, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    at = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = at < columns
    values = tl.load(product + row * columns + at, mask=inside, other=0).to(tl.float32)
    values = values * tl.load(row_scales + row) * tl.load(column_scales + at, mask=inside, other=0.0)
    tl.store(out + row * columns + at, values.to(out.dtype.element_ty), mask=inside)


def quantize_rows(x: Tensor, dtype: torch.dtype, greatest: float, tiny: float) -> tuple[Tensor, Tensor]:
    if x.stride(1) != 1:
        x = x.contiguous()
    rows, columns = x.shape
    numbers = torch.empty(rows, columns, dtype=dtype, device=x.device)
    scales = torch.empty(rows, 1, dtype=torch.float32, device=x.device)
    _quantize_row[(rows,)](
        x,
        numbers,
        scales,
        columns,
        x.stride(0),
        greatest,
        tiny,
        WHOLE=dtype == torch.int8,
        BLOCK=_BLOCK,
        num_warps=8,
    )
    return numbers, scales


def rescale(product: Tensor, row_scales: Tensor, column_scales: Tensor, dtype: torch.dtype) -> Tensor:
    rows, columns = product.shape
    out = torch.empty(rows, columns, dtype=dtype, device=product.device)
    grid = (rows, triton.cdiv(columns, _BLOCK))
    _rescale_row[grid](product, row_scales, column_scales, out, columns, BLOCK=_BLOCK, num_warps=8)
    return out
