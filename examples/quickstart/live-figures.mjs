const WINDOW = '10s';

/**
 * The newest percentiles of the example's variants as the agent's own API gives them; undefined until both are there.
 */
export async function readLiveFigures(pageUrl, variants) {
  const figures = await Promise.all(variants.map((variant) => newestPoint(pageUrl, variant)));
  return figures.every((figure) => figure !== undefined) ? figures : undefined;
}

export function formatFigures(figures) {
  return figures.map(({ variant, p50Ms, p95Ms }) => `${variant} p50 ${p50Ms} ms, p95 ${p95Ms} ms`).join('; ');
}

async function newestPoint(pageUrl, variant) {
  const query = new URLSearchParams({ measurement: 'inference', window: WINDOW, variant });
  const response = await fetch(`${pageUrl}/api/v1/points?${query}`).catch(() => undefined);
  if (!response?.ok) return undefined;
  const { rows } = await response.json();
  const fields = rows.at(-1)?.fields ?? {};
  if (fields.latency_p50_seconds === undefined) return undefined;
  const milliseconds = (seconds) => Number((seconds * 1000).toPrecision(3));
  return {
    variant,
    p50Ms: milliseconds(fields.latency_p50_seconds),
    p95Ms: milliseconds(fields.latency_p95_seconds),
  };
}
