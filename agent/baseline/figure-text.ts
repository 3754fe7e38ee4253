/** A share as people write it: `12 %`, `0.4 %`. */
export function percent(share: number): string {
  const percents = share * 100;
  return `${percents >= 10 || percents === 0 ? Math.round(percents) : Number(percents.toPrecision(2))} %`;
}

/** A size to three digits: `0.12`, `1230`. */
export function sizeText(size: number): string {
  return String(Number(size.toPrecision(3)));
}

/** A ratio as people compare it: `0.71`, `12.3`. */
export function ratioText(ratio: number): string {
  return ratio >= 10 ? sizeText(ratio) : ratio.toFixed(2);
}

/** Bounds of a ratio: `0.66–0.76`, `above 0.66`, `below 0.76`; empty where there is none. */
export function boundsText(low: number | undefined, high: number | undefined): string {
  if (low !== undefined && high !== undefined) return `${ratioText(low)}–${ratioText(high)}`;
  if (low !== undefined) return `above ${ratioText(low)}`;
  return high === undefined ? '' : `below ${ratioText(high)}`;
}
