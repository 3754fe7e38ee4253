import type { ServerMetrics } from './server-metrics.ts';
import { sglang } from './servers/sglang.ts';
import { tgi } from './servers/tgi.ts';
import { triton } from './servers/triton.ts';
import { vllm } from './servers/vllm.ts';

/** The kinds of server whose metrics are understood. */
export const serverTables = { vllm, triton, sglang, tgi } as const satisfies Readonly<
  Record<string, ServerMetrics>
>;

export type ServerKind = keyof typeof serverTables;
