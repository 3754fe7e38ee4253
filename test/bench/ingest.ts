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
  /** Which server. */
  readonly service: 'ours' | 'decoded' | 'documented';
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
  { ...STREAM_ROWS, name: 'stream of 512 rows', messages: 600, bar: '≤ 0.8 µs' },
  { ...STREAM_ROWS, name: 'stream of 512 rows, by proto-loader’s decode', messages: 150, service: 'decoded' },
  { ...STREAM_ROWS, name: '… with its documented options', messages: 150, service: 'documented' },
  { ...UNARY_ROWS, name: 'unary, 512 rows', messages: 600, bar: '≤ 1.3 µs' },
  { ...UNARY_ROWS, ...COLUMNS, name: 'unary, columns of 4096', messages: 120, bar: '≤ 0.3 µs' },
  { ...STREAM_ROWS, ...ONE_ROW, name: 'stream, one row a message', messages: 60_000, bar: '≤ 5.5 µs' },
  { ...UNARY_ROWS, ...ONE_ROW, name: 'unary, one row a call', messages: 3000, bar: '≤ 62 µs' },
];

/** CPU time that a span costs the server, windows included; the loads take turns, medians of the rounds. */
export async function run(): Promise<readonly BenchRow[]> {
  const servers = {
    ours: await BenchServer.start('ours'),
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
    return report(rounds.map(median));
  } finally {
    for (const server of Object.values(servers)) server.stop();
  }
}

/** A child process that serves, and says what CPU time it used. */
class BenchServer {
  readonly #process: ChildProcess;
  readonly #address: string;

  static async start(service: Load['service']): Promise<BenchServer> {
    const child = fork(fileURLToPath(new URL('ingest-server.ts', import.meta.url)), [service]);
    const [{ address }] = (await once(child, 'message')) as [{ address: string }];
    return new BenchServer(child, address);
  }

  private constructor(child: ChildProcess, address: string) {
    this.#process = child;
    this.#address = address;
  }

  /** Microseconds of its CPU time that the work took. */
  async measure(work: (address: string) => Promise<void>): Promise<number> {
    const before = await this.#cpuUs();
    await work(this.#address);
    return (await this.#cpuUs()) - before;
  }

  stop(): void {
    this.#process.kill();
  }

  async #cpuUs(): Promise<number> {
    this.#process.send('cpu');
    const [answer] = (await once(this.#process, 'message')) as [{ cpuUs: number }];
    return answer.cpuUs;
  }
}

function report(medians: readonly number[]): readonly BenchRow[] {
  const rows = LOADS.map(({ name, bar }, i) => ({
    name: `ingest: ${name}`,
    ...(bar === undefined ? {} : { bar }),
    value: medians[i],
    unit: 'µs/span',
  }));
  const ratio = (name: string, i: number): BenchRow => ({
    name: `ingest: ${name}`,
    bar: '≥ 4 ×',
    value: medians[i] / medians[0],
    unit: '×',
  });
  return [...rows, ratio('proto-loader’s decode costs', 1), ratio('… with its documented options', 2)];
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
