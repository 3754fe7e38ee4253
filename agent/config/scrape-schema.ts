import { z } from 'zod';
import { choice, duration, httpUrl, list, MAX_PATH, text } from './option.ts';

/** `scrape`: servers whose own metrics say what their spans do not. */
export const scrape = list(
  'Inference servers whose own Prometheus metrics are read: KV cache, running and waiting requests, preemptions, failures. `model`: only this one, and its name where the server states none (tgi); entries of one url may give each model its `variant`. `token_file` holds a bearer token.',
  z.strictObject({
    url: httpUrl('Where the metrics are; without a path at /metrics.', {
      example: 'http://127.0.0.1:8000/metrics',
    }),
    kind: choice('The kind of server.', ['vllm', 'triton', 'sglang', 'tgi']),
    model: text('Only this model.', { max: 256 }).optional(),
    variant: text('Its variant.', { max: 256 }).prefault('default'),
    interval: duration('How often they are read; absent: the interval.', {
      min: '1s',
      max: '10m',
    }).optional(),
    token_file: text('File that holds a bearer token; read each time.', { max: MAX_PATH }).optional(),
  }),
  { max: 32, takes: 'entries {url, kind, model, variant, interval, token_file}' },
);
