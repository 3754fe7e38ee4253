import type { BenchRow } from './bench-row.ts';
import { BenchServer } from './bench-server.ts';
import { median } from './median.ts';
import { RawGrpcClient } from './raw-grpc-client.ts';
import { columnsBatch, rowsBatch } from './span-batches.ts';

const ROUNDS = 7;
const WARM_UP_ROUNDS = 3;
const CALLS_IN_FLIGHT = 16;
const SERVICE = '/infermeter.v1.SpanService';
const SERVICES = ['ours', 'unrecorded', 'alone', 'decoded', 'documented'] as const;

interface Load {
  readonly name: string;
  readonly bar?: string | undefined;
  /** Which server; `alone`: grpc-js that looks at no message. */
  readonly service: (typeof SERVICES)[number];
  readonly method: 'Report' | 'Stream';
  readonly message: () => Uint8Array;
  readonly spans: number;
  readonly messages: number;
}

const STREAM_ROWS = { service: 'ours', method: 'Stream', message: () => rowsBatch(512), spans: 512 } as const;
const UNARY_ROWS = { ...STREAM_ROWS, method: 'Report' } as const;
const ONE_ROW = { message: () => rowsBatch(1), spans: 1 } as const;
const COLUMNS = { message: () => columnsBatch(4096), spans: 4096 } as const;
const UNRECORDED = {
  service: 'unrecorded',
  name: '… without recording for baselines',
  bar: undefined,
} as const;
const ALONE = { service: 'alone', name: '… of which grpc-js alone', bar: undefined } as const;
const BY_LOADER = { messages: 150, bar: undefined } as const;
const BASE_LOADS: readonly Load[] = [
  { ...STREAM_ROWS, name: 'stream of 512 rows', messages: 400, bar: '≤ 0.8 µs' },
  { ...UNARY_ROWS, name: 'unary, 512 rows', messages: 400, bar: '≤ 1.3 µs' },
  { ...UNARY_ROWS, ...COLUMNS, name: 'unary, columns of 4096', messages: 100, bar: '≤ 0.3 µs' },
  { ...STREAM_ROWS, ...ONE_ROW, name: 'stream, one row a message', messages: 40_000, bar: '≤ 5.5 µs' },
  { ...UNARY_ROWS, ...ONE_ROW, name: 'unary, one row a call', messages: 3000, bar: '≤ 62 µs' },
];
const [STREAM_LOAD] = BASE_LOADS;
/** Each beside what grpc-js costs by itself for the same messages, and without recording; then other decoders. */
const LOADS: readonly Load[] = [
  ...BASE_LOADS.flatMap((load) => [load, { ...load, ...ALONE }, { ...load, ...UNRECORDED }]),
  { ...STREAM_LOAD, ...BY_LOADER, name: 'stream of 512 rows, by proto-loader’s decode', service: 'decoded' },
  { ...STREAM_LOAD, ...BY_LOADER, name: '… with its documented options', service: 'documented' },
];

/** CPU time that a span costs the server, windows included; the loads take turns, medians of the rounds. */
export async function run(): Promise<readonly BenchRow[]> {
  const servers = {
    ours: await BenchServer.start('ours'),
    unrecorded: await BenchServer.start('unrecorded'),
    alone: await BenchServer.start('alone'),
    decoded: await BenchServer.start('decoded'),
    documented: await BenchServer.start('documented'),
  };
  try {
    const rounds: number[][] = LOADS.map(() => []);
    for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
      for (const [i, item] of LOADS.entries()) {
        const cpuUs = await servers[item.service].measure((address) => send(address, item));
        if (round >= WARM_UP_ROUNDS) rounds[i].push(cpuUs / (item.spans * item.messages));
      }
    }
    return report(rounds);
  } finally {
    for (const server of Object.values(servers)) server.stop();
  }
}

function report(rounds: readonly (readonly number[])[]): readonly BenchRow[] {
  const rows = LOADS.map(({ name, bar }, i) => ({
    name: `ingest: ${name}`,
    ...(bar === undefined ? {} : { bar }),
    value: median(rounds[i]),
    unit: 'µs/span',
    note: `least ${Number(Math.min(...rounds[i]).toPrecision(3))}`,
  }));
  return [...rows, ...decodeRatios(rounds.map(median))];
}

/** How much dearer proto-loader's decode makes a stream of rows: as a whole, and without what grpc-js costs both. */
function decodeRatios(medians: readonly number[]): readonly BenchRow[] {
  // Without recording, which has nothing to do with decoding.
  const [, alone, ours] = medians;
  const [decoded, documented] = medians.slice(-2);
  const ratio = (name: string, value: number, bar?: string): BenchRow => ({
    name: `ingest: ${name}`,
    ...(bar === undefined ? {} : { bar }),
    value,
    unit: '×',
  });
  return [
    ratio('proto-loader’s decode costs', decoded / ours, '≥ 4 ×'),
    ratio('… without grpc-js’s share of both', (decoded - alone) / (ours - alone)),
    ratio('… with its documented options', documented / ours, '≥ 4 ×'),
  ];
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
