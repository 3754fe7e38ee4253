import { type AnyValueFields, encodeExport, type SpanFields } from '../ingest/otlp/otlp-codec.ts';

const NS_PER_MS = 1_000_000n;
const ID_MARK = Buffer.from([0xfa, 0xce, 0xb0, 0x0c]);

/** An export of vLLM's spans, with twelve attributes each, that completed just now; each call has spans with new ids. */
export class VllmExport {
  readonly #bytes: Buffer;
  readonly #idAts: readonly number[];
  #next = 0;

  constructor(spans: number) {
    const nowNs = BigInt(Date.now()) * NS_PER_MS;
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'llama' } }] };
    const items = Array.from({ length: spans }, (_, i) => spanOf(i, nowNs));
    const scopeSpans = [{ scope: { name: 'vllm.llm_engine' }, spans: items }];
    this.#bytes = Buffer.from(encodeExport({ resourceSpans: [{ resource, scopeSpans }] }));
    this.#idAts = findAll(this.#bytes, ID_MARK).map((at) => at + ID_MARK.length);
    if (this.#idAts.length !== spans) throw new Error('bug: the mark of the ids is elsewhere too');
  }

  next(): Uint8Array {
    for (const at of this.#idAts) this.#bytes.writeUInt32BE(this.#next++, at);
    return this.#bytes;
  }
}

function spanOf(i: number, nowNs: bigint): SpanFields {
  const e2eNs = 50_000_000 + ((i * 7919) % 4000) * 100_000;
  const attributes: Record<string, AnyValueFields> = {
    'gen_ai.request.model': { stringValue: 'meta-llama/Llama-3.1-8B-Instruct' },
    'gen_ai.request.id': { stringValue: `chatcmpl-${i.toString(16).padStart(32, '0')}` },
    'gen_ai.request.max_tokens': { intValue: 512 },
    'gen_ai.request.temperature': { doubleValue: 0.7 },
    'gen_ai.request.top_p': { doubleValue: 0.95 },
    'gen_ai.usage.prompt_tokens': { intValue: 100 + (i % 900) },
    'gen_ai.usage.completion_tokens': { intValue: 10 + (i % 300) },
    'gen_ai.latency.time_to_first_token': { doubleValue: e2eNs / 5e9 },
    'gen_ai.latency.e2e': { doubleValue: e2eNs / 1e9 },
    'gen_ai.latency.time_in_queue': { doubleValue: e2eNs / 20e9 },
    'gen_ai.latency.time_in_model_prefill': { doubleValue: e2eNs / 10e9 },
    'gen_ai.latency.time_in_model_decode': { doubleValue: e2eNs / 1.25e9 },
  };
  return {
    traceId: Buffer.from(i.toString(16).padStart(32, '1'), 'hex'),
    spanId: Buffer.concat([ID_MARK, Buffer.alloc(4)]),
    name: 'llm_request',
    kind: 2,
    startTimeUnixNano: String(nowNs - BigInt(e2eNs)),
    endTimeUnixNano: String(nowNs),
    attributes: Object.entries(attributes).map(([key, value]) => ({ key, value })),
    flags: 257,
  };
}

function findAll(bytes: Buffer, part: Buffer): number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(part); at >= 0; at = bytes.indexOf(part, at + part.length)) found.push(at);
  return found;
}
