import { createClient } from '../../clients/node/index.ts';
import { memoryMb } from '../bench/process-usage.ts';
import { AgentProcess } from '../e2e/agent-process.ts';
import { pause } from '../poll.ts';

const MINUTES = 10;
const SERIES = 2000;
const SPANS_PER_SECOND = 10_000;
/** The windows are full after five minutes; from then on memory must not grow. */
const SETTLED_MINUTES = 6;
const MAX_GROWTH = 0.05;

/** Ten minutes at 10,000 spans/s in 2,000 series: resident memory by the minute, flat once the windows are full. */
export async function runMemorySoak(): Promise<boolean> {
  const agent = await AgentProcess.create();
  const byMinute: number[] = [];
  try {
    await agent.start();
    const client = createClient({ address: agent.grpcAddress });
    const phases = ['preprocess', 'inference', 'postprocess'];
    const series = Array.from({ length: SERIES }, (_, index) =>
      client.series({ model: `model-${index % 100}`, variant: `variant-${Math.floor(index / 100)}`, phases }),
    );
    const startedMs = performance.now();
    for (let sent = 0; byMinute.length < MINUTES; ) {
      const elapsedMs = performance.now() - startedMs;
      for (const due = (elapsedMs * SPANS_PER_SECOND) / 1000; sent < due; sent++) {
        const durationMs = 5 * Math.exp(((sent * 7919) % 1000) / 400);
        series[sent % SERIES]?.record(durationMs, {
          phasesMs: [durationMs * 0.1, durationMs * 0.8, durationMs * 0.1],
        });
      }
      if (elapsedMs > (byMinute.length + 1) * 60_000) {
        byMinute.push(memoryMb(agent.pid));
        console.log(`minute ${byMinute.length}: ${byMinute.at(-1)?.toFixed(0)} MB`);
      }
      await pause(20);
    }
    console.log(JSON.stringify(client.stats()));
    await client.close(2000);
  } finally {
    await agent.dispose();
  }
  const settled = byMinute.slice(SETTLED_MINUTES - 1);
  return Math.max(...settled) <= (settled[0] ?? 0) * (1 + MAX_GROWTH);
}
