import { float, integer, type MeasurementSpec, seriesTags } from './measurement-spec.ts';

const ratioSince = (what: string) => float('ratio', `${what}, since the last point. Absent after a restart.`);

/** What an inference server says of itself in its Prometheus metrics, as `scrape` reads them. */
export const server = {
  help: 'What the server’s own metrics say, one point a model. Counters (`_total`) are the server’s and begin anew when it restarts. A field that the server does not state is absent; so is the point when it cannot be read.',
  tags: {
    model: 'The model as the server names it, or of the config. Absent where neither says.',
    variant: 'As `scrape` states it; `default` where it does not.',
    version: 'The version of the model. Triton only.',
    server: seriesTags.server,
    endpoint:
      'Host and port of the metrics, with the path unless it is /metrics: it keeps servers of one model apart.',
  },
  fields: {
    requests_running: integer(
      '1',
      'Requests being worked on. vLLM, SGLang; TGI: in the batch; Triton: with the TensorRT-LLM backend.',
    ),
    requests_waiting: integer('1', 'Requests that wait for a place. vLLM, SGLang, Triton, TGI.'),
    kv_cache_usage_ratio: float(
      'ratio',
      'Share of the KV cache in use, mean over engines. vLLM, SGLang; Triton: with the TensorRT-LLM backend.',
    ),
    prefix_cache_hit_ratio: float(
      'ratio',
      'Prompt tokens found in the prefix cache / those looked up, since the last point; of releases without such counters the share that they state themselves. vLLM, SGLang.',
    ),
    queue_mean_seconds: float(
      's',
      'Mean time in the queue of the requests since the last point. vLLM, SGLang, Triton, TGI.',
    ),
    preemptions_total: integer(
      '1',
      'How often running requests lost their place in the KV cache and had to begin again. vLLM, SGLang.',
    ),
    input_tokens_total: integer('1', 'Tokens of the prompts. vLLM, SGLang, TGI.'),
    output_tokens_total: integer('1', 'Generated tokens. vLLM, SGLang, TGI.'),
    requests_total: integer(
      '1',
      'Requests that came to an end, failed and aborted ones included. vLLM, Triton, TGI; SGLang: as it counts them, rejected ones not.',
    ),
    requests_failed_total: integer(
      '1',
      'Requests that the server failed. vLLM that states the reason `error`, Triton, TGI; SGLang counts none.',
    ),
    requests_aborted_total: integer(
      '1',
      'Requests that were cancelled, mostly because the client went away. vLLM, SGLang, TGI, Triton that states reasons.',
    ),
    error_ratio: ratioSince(
      'requests_failed_total / requests_total, from the server’s counters and not from spans. vLLM and Triton set no status on their spans, so that this is where their errors show',
    ),
  },
} as const satisfies MeasurementSpec;
