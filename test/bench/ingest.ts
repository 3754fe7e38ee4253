import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BenchRow } from './bench-row.ts';
import { RawGrpcClient } from './raw-grpc-client.ts';
import { columnsBatch, rowsBatch } from './span-batches.ts';

const ROUNDS = 5;
const WARM_UP_ROUNDS = 3;
const CALLS_IN_FLIGHT = 16;
const SERVICE = '/infermeter.v1.SpanService';

interface Load {
  readonly name: string;
  readonly bar?: string;
  /** Which of the server's two services. */
  readonly service: 'ours' | 'decoded';
  readonly method: 'Report' | 'Stream';
  readonly message: () => Uint8Array;
  readonly spans: number;
  readonly messages: number;
}

const STREAM_ROWS = { service: 'ours', method: 'Stream', message: () => rowsBatch(512), spans: 512 } as const;
const UNARY_ROWS = { ...STREAM_ROWS, method: 'Report' } as const;
const ONE_ROW = { message: () => rowsBatch(1), spans: 1 } as const;
const COLUMNS = { message: () => columnsBatch(4096), spans: 4096 } as const;
const LOADS: readonly Load[] = [
  { ...STREAM_ROWS, name: 'stream of 512 rows', messages: 300, bar: '≤ 0.8 µs' },
  { ...STREAM_ROWS, name: 'stream of 512 rows, decoded by proto-loader', messages: 80, service: 'decoded' },
  { ...UNARY_ROWS, name: 'unary, 512 rows', messages: 300, bar: '≤ 1.3 µs' },
  { ...UNARY_ROWS, ...COLUMNS, name: 'unary, columns of 4096', messages: 80, bar: '≤ 0.3 µs' },
  { ...STREAM_ROWS, ...ONE_ROW, name: 'stream, one row a message', messages: 60_000, bar: '≤ 5.5 µs' },
  { ...UNARY_ROWS, ...ONE_ROW, name: 'unary, one row a call', messages: 3000, bar: '≤ 62 µs' },
];

/** CPU time that a span costs the server, windows included; the loads take turns, medians of the rounds. */
export async function run(): Promise<readonly BenchRow[]> {
  const server = fork(fileURLToPath(new URL('ingest-server.ts', import.meta.url)));
  try {
    const [addresses] = (await once(server, 'message')) as [Record<Load['service'], string>];
    const rounds: number[][] = LOADS.map(() => []);
    for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
      for (const [i, item] of LOADS.entries()) {
        const cpuUs = await measure(server, () => send(addresses[item.service], item));
        if (round >= WARM_UP_ROUNDS) rounds[i].push(cpuUs / (item.spans * item.messages));
      }
    }
    return report(rounds.map(median));
  } finally {
    server.kill();
  }
}

function report(medians: readonly number[]): readonly BenchRow[] {
  const rows = LOADS.map(({ name, bar }, i) => ({
    name: `ingest: ${name}`,
    ...(bar === undefined ? {} : { bar }),
    value: medians[i],
    unit: 'µs/span',
  }));
  const ratio = medians[1] / medians[0];
  return [...rows, { name: 'ingest: proto-loader’s decode costs', bar: '≥ 4 ×', value: ratio, unit: '×' }];
}

async function measure(server: ChildProcess, work: () => Promise<void>): Promise<number> {
  const before = await cpuUs(server);
  await work();
  return (await cpuUs(server)) - before;
}

async function cpuUs(server: ChildProcess): Promise<number> {
  server.send('cpu');
  const [answer] = (await once(server, 'message')) as [{ cpuUs: number }];
  return answer.cpuUs;
}

async function send(address: string, { method, message, messages }: Load): Promise<void> {
  const client = new RawGrpcClient(address);
  const bytes = message();
  if (method === 'Stream') await client.stream(`${SERVICE}/Stream`, bytes, messages);
  else await sendCalls(client, bytes, messages);
  client.close();
}

async function sendCalls(client: RawGrpcClient, bytes: Uint8Array, messages: number): Promise<void> {
  let sent = 0;
  const lane = async (): Promise<void> => {
    while (sent++ < messages) await client.call(`${SERVICE}/Report`, bytes);
  };
  await Promise.all(Array.from({ length: CALLS_IN_FLIGHT }, lane));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
