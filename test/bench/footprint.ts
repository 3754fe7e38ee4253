import { createClient } from '../../clients/node/index.ts';
import { AgentProcess } from '../e2e/agent-process.ts';
import { pause } from '../poll.ts';
import type { BenchRow } from './bench-row.ts';
import { cpuSeconds, memoryMb, privateMb, writtenBytes } from './process-usage.ts';

const SERIES = 2000;
const SPANS_PER_SECOND = 10_000;
const LOAD = '2,000 series, three phases, 10,000 spans/s';
const WARM_SECONDS = 40;
/** The five-minute windows are full, and their slices are closed. */
const FULL_SECONDS = 390;
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
    { name: 'idle: private memory', value: privateMb(agent.pid), unit: 'MB' },
    { name: 'idle: CPU', bar: '≤ 0.3 % of a core', value: core * 100, unit: '% of a core' },
  ];
}

async function measureLoad(agent: AgentProcess): Promise<BenchRow[]> {
  const load = startLoad(agent.grpcAddress);
  const before = usageOf(agent.pid);
  await pause(WARM_SECONDS * 1000);
  const warmMb = memoryMb(agent.pid);
  await pause((FULL_SECONDS - WARM_SECONDS) * 1000);
  const after = usageOf(agent.pid);
  const rows = [
    { name: `${LOAD}: resident memory after ${WARM_SECONDS} s`, value: warmMb, unit: 'MB' },
    {
      name: 'the same with full windows',
      bar: '≤ 160 MB',
      value: memoryMb(agent.pid),
      unit: 'MB',
      note: `after ${FULL_SECONDS} s`,
    },
    { name: 'the same: CPU', value: ((after.cpu - before.cpu) / FULL_SECONDS) * 100, unit: '% of a core' },
    {
      name: 'the same: written to disk',
      value: ((after.written - before.written) / 1e6 / FULL_SECONDS) * 60,
      unit: 'MB/min',
      note: 'checkpoint and local history',
    },
    { name: 'the same: event-loop delay p99', bar: '≤ 20 ms', value: await delayMs(agent), unit: 'ms' },
  ];
  await load.end();
  return rows;
}

function usageOf(pid: number): { cpu: number; written: number } {
  return { cpu: cpuSeconds(pid), written: writtenBytes(pid) };
}

function startLoad(address: string): { end(): Promise<void> } {
  const client = createClient({ address });
  const series = Array.from({ length: SERIES }, (_, index) =>
    client.series({
      model: `model-${index % 100}`,
      variant: `variant-${Math.floor(index / 100)}`,
      phases: ['preprocess', 'inference', 'postprocess'],
    }),
  );
  let sent = 0;
  const startedMs = performance.now();
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedMs) * SPANS_PER_SECOND) / 1000);
    for (; sent < due; sent++) {
      const durationMs = 5 + ((sent * 7919) % 1000) / 50;
      series[sent % SERIES]?.record(durationMs, {
        phasesMs: [durationMs * 0.1, durationMs * 0.8, durationMs * 0.1],
      });
    }
  }, TICK_MS);
  return {
    end: async () => {
      clearInterval(timer);
      await client.close(2000);
    },
  };
}

async function delayMs(agent: AgentProcess): Promise<number> {
  const url = `${agent.httpUrl}/api/v1/points?measurement=infermeter&component=process&from=0&to=${Date.now() + 60_000}`;
  const { rows } = (await (await fetch(url)).json()) as { rows: { fields: Record<string, number> }[] };
  return Math.max(
    ...rows.slice(-3).map(({ fields }) => (fields['event_loop_delay_p99_seconds'] ?? 0) * 1000),
  );
}
