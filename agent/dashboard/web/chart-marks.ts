import type { TimeBand } from './chart-data.ts';
import type uPlot from './uplot.js';

const HATCH_PX = 7;

/** Hatches stretches of time: what was not watched all the time. */
export function drawBands(plot: uPlot, bands: readonly TimeBand[], color: string): void {
  const { ctx, bbox } = plot;
  for (const { from, to } of bands) {
    const left = Math.max(bbox.left, plot.valToPos(from, 'x', true));
    const right = Math.min(bbox.left + bbox.width, plot.valToPos(to, 'x', true));
    if (right <= left) continue;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, bbox.top, right - left, bbox.height);
    ctx.clip();
    ctx.strokeStyle = color;
    ctx.lineWidth = 1;
    ctx.beginPath();
    const step = HATCH_PX * devicePixelRatio;
    for (let x = left - bbox.height - ((left - bbox.height) % step); x < right; x += step) {
      ctx.moveTo(x, bbox.top + bbox.height);
      ctx.lineTo(x + bbox.height, bbox.top);
    }
    ctx.stroke();
    ctx.restore();
  }
}

/** Tints what may still change. */
export function drawProvisional(plot: uPlot, from: number, color: string): void {
  const { ctx, bbox } = plot;
  const left = Math.max(bbox.left, plot.valToPos(from, 'x', true));
  const width = bbox.left + bbox.width - left;
  if (width <= 0) return;
  ctx.save();
  ctx.fillStyle = color;
  ctx.fillRect(left, bbox.top, width, bbox.height);
  ctx.restore();
}
