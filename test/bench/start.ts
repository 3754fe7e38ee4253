import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { AgentProcess } from '../e2e/agent-process.ts';
import { pause } from '../poll.ts';
import { findFreePort } from '../servers/server-process.ts';
import { SpanClient } from '../span-client.ts';
import type { BenchRow } from './bench-row.ts';

const ROUNDS = 5;
const BACKLOG_BATCHES = 250;
const BATCH_BYTES = 2 ** 20;

/** From the start of the built program to its first accepted span: medians, without and with a full outbox. */
export async function run(): Promise<readonly BenchRow[]> {
  const store = await findFreePort();
  const agent = await AgentProcess.create({
    INFERMETER_EXPORTERS__INFLUXDB__URL: `http://127.0.0.1:${store}`,
    INFERMETER_EXPORTERS__INFLUXDB__VERSION: '1',
    INFERMETER_EXPORTERS__INFLUXDB__DATABASE: 'none',
  });
  try {
    const empty = await measureStarts(agent);
    fillOutbox(join(agent.dataDir, 'state.db'));
    const full = await measureStarts(agent);
    return [
      { name: 'start to first accepted span', bar: '≤ 500 ms', value: empty, unit: 'ms' },
      {
        name: 'the same with 250 MiB in the outbox',
        bar: '≤ 500 ms',
        value: full,
        unit: 'ms',
      },
    ];
  } finally {
    await agent.dispose();
  }
}

async function measureStarts(agent: AgentProcess): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const startedMs = performance.now();
    const started = agent.start();
    await portOpens(agent.grpcPort);
    await sendOne(agent.grpcAddress);
    times.push(performance.now() - startedMs);
    await started;
    await agent.end('SIGTERM');
  }
  return times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}

async function portOpens(port: number): Promise<void> {
  while (!(await isOpen(port))) await pause(3);
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function sendOne(address: string): Promise<void> {
  const client = new SpanClient(address);
  const startUnixNano = String(BigInt(Date.now() - 10) * 1_000_000n);
  const ack = await client.report({ spans: [{ model: 'm', startUnixNano, durationNano: '1000000' }] });
  client.close();
  if (ack.accepted !== 1) throw new Error('the span was not accepted');
}

/** Batches that a store that is away could not take. */
function fillOutbox(path: string): void {
  const database = new DatabaseSync(path);
  const insert = database.prepare('INSERT INTO outbox (created_ms, points, bytes, body) VALUES (?, ?, ?, ?)');
  database.exec('BEGIN');
  for (let batch = 0; batch < BACKLOG_BATCHES; batch++) {
    insert.run(Date.now(), 5000, BATCH_BYTES, randomBytes(BATCH_BYTES));
  }
  database.exec('COMMIT');
  database.close();
}
