import { createClient } from '../../clients/node/index.ts';
import { AgentProcess } from '../e2e/agent-process.ts';
import { pause } from '../poll.ts';
import type { BenchRow } from './bench-row.ts';
import { cpuSeconds, memoryMb, writtenBytes } from './process-usage.ts';

const SERIES = 2000;
const SPANS_PER_SECOND = 10_000;
const LOAD_SECONDS = 40;
const TICK_MS = 20;

/** The built program (npm run build first): memory, CPU and disk, idle and under load, read from /proc. */
export async function run(): Promise<readonly BenchRow[]> {
  const agent = await AgentProcess.create();
  try {
    await agent.start();
    return [...(await measureIdle(agent)), ...(await measureLoad(agent))];
  } finally {
    await agent.dispose();
  }
}

async function measureIdle(agent: AgentProcess): Promise<BenchRow[]> {
  await pause(15_000);
  const before = cpuSeconds(agent.pid);
  await pause(45_000);
  const core = (cpuSeconds(agent.pid) - before) / 45;
  return [
    { name: 'idle: resident memory', bar: '≤ 70 MB', value: memoryMb(agent.pid), unit: 'MB' },
    { name: 'idle: CPU', bar: '≤ 0.3 % of a core', value: core * 100, unit: '% of a core' },
  ];
}

async function measureLoad(agent: AgentProcess): Promise<BenchRow[]> {
  const client = createClient({ address: agent.grpcAddress });
  const series = Array.from({ length: SERIES }, (_, index) =>
    client.series({
      model: `model-${index % 100}`,
      variant: `variant-${Math.floor(index / 100)}`,
      phases: ['preprocess', 'inference', 'postprocess'],
    }),
  );
  const written = writtenBytes(agent.pid);
  const cpu = cpuSeconds(agent.pid);
  let sent = 0;
  const startedMs = performance.now();
  while (performance.now() - startedMs < LOAD_SECONDS * 1000) {
    const due = Math.floor(((performance.now() - startedMs) * SPANS_PER_SECOND) / 1000);
    for (; sent < due; sent++) {
      const durationMs = 5 + ((sent * 7919) % 1000) / 50;
      series[sent % SERIES]?.record(durationMs, {
        phasesMs: [durationMs * 0.1, durationMs * 0.8, durationMs * 0.1],
      });
    }
    await pause(TICK_MS);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const rows = [
    {
      name: '2,000 series, three phases, 10,000 spans/s: resident memory',
      bar: '≤ 160 MB',
      value: memoryMb(agent.pid),
      unit: 'MB',
    },
    { name: 'the same: CPU', value: ((cpuSeconds(agent.pid) - cpu) / seconds) * 100, unit: '% of a core' },
    {
      name: 'the same: written to disk',
      value: ((writtenBytes(agent.pid) - written) / 1e6 / seconds) * 60,
      unit: 'MB/min',
      note: 'checkpoint and local history',
    },
    { name: 'the same: event-loop delay p99', bar: '≤ 20 ms', value: await delayMs(agent), unit: 'ms' },
  ];
  await client.close(2000);
  return rows;
}

async function delayMs(agent: AgentProcess): Promise<number> {
  const url = `${agent.httpUrl}/api/v1/points?measurement=infermeter&component=process&from=0&to=${Date.now() + 60_000}`;
  const { rows } = (await (await fetch(url)).json()) as { rows: { fields: Record<string, number> }[] };
  return Math.max(
    ...rows.slice(-3).map(({ fields }) => (fields['event_loop_delay_p99_seconds'] ?? 0) * 1000),
  );
}
