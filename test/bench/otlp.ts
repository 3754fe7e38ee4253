import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OTLP_SERVICES } from '../../agent/ingest/otlp/otlp-services.ts';
import type { BenchRow } from './bench-row.ts';
import { BenchServer } from './bench-server.ts';
import { median } from './median.ts';
import { VllmExport } from './otlp-export.ts';
import { RawGrpcClient } from './raw-grpc-client.ts';

const ROUNDS = 9;
const WARM_UP_ROUNDS = 3;
const CALLS_IN_FLIGHT = 4;
const SPANS = 512;
/** As `agent/main.ts` is started: the young generation is small, so that buffers of messages go soon. */
const FLAGS = ['--max-semi-space-size=1'];
const EXPORT = `/${OTLP_SERVICES[0]}/Export`;

interface Load {
  readonly name: string;
  readonly service: 'ours' | 'alone' | 'decoded-otlp';
  /** Exports are passed on to another server. */
  readonly isForwarded?: true;
  readonly path: string;
  readonly messages: number;
  readonly bar?: string;
}

const LOADS: readonly Load[] = [
  { name: 'unary exports of 512 spans', service: 'ours', path: EXPORT, messages: 200, bar: '≤ 2.8 µs' },
  // The same bytes, at which nobody looks.
  {
    name: '… of which grpc-js alone',
    service: 'alone',
    path: '/infermeter.v1.SpanService/Report',
    messages: 200,
  },
  { name: '… by proto-loader’s decode', service: 'decoded-otlp', path: EXPORT, messages: 60 },
  { name: '… passed on over HTTP too', service: 'ours', isForwarded: true, path: EXPORT, messages: 200 },
];

/** CPU time that a span of 12 attributes (600 bytes) costs the server, windows included; the loads take turns. */
export async function run(): Promise<readonly BenchRow[]> {
  const farEnd = await startFarEnd();
  const { port } = farEnd.address() as AddressInfo;
  const servers = await Promise.all(
    LOADS.map(({ service, isForwarded }) =>
      BenchServer.start(service, FLAGS, isForwarded && `http://127.0.0.1:${port}`),
    ),
  );
  try {
    const rounds: number[][] = LOADS.map(() => []);
    for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
      for (const [i, load] of LOADS.entries()) {
        const cpuUs = await servers[i].measure((address) => send(address, load));
        if (round >= WARM_UP_ROUNDS) rounds[i].push(cpuUs / (SPANS * load.messages));
      }
    }
    return report(rounds);
  } finally {
    for (const server of servers) server.stop();
    farEnd.closeAllConnections();
    farEnd.close();
  }
}

function report(rounds: readonly (readonly number[])[]): readonly BenchRow[] {
  const rows = LOADS.map(({ name, bar }, i) => ({
    name: `otlp: ${name}`,
    ...(bar === undefined ? {} : { bar }),
    value: median(rounds[i]),
    unit: 'µs/span',
    note: `least ${Number(Math.min(...rounds[i]).toPrecision(3))}`,
  }));
  const [ours, alone, decoded] = rounds.map(median);
  const whole = { name: 'otlp: proto-loader’s decode costs', bar: '≥ 5 ×', value: decoded / ours, unit: '×' };
  const share = (decoded - alone) / (ours - alone);
  return [...rows, whole, { name: 'otlp: … without grpc-js’s share of both', value: share, unit: '×' }];
}

/** Takes what it gets, and looks at nothing. */
async function startFarEnd(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume();
    request.once('end', () => response.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const exports = new VllmExport(SPANS);

async function send(address: string, { path, messages }: Load): Promise<void> {
  const client = new RawGrpcClient(address);
  let sent = 0;
  const lane = async (): Promise<void> => {
    while (sent++ < messages) await client.call(path, exports.next());
  };
  await Promise.all(Array.from({ length: CALLS_IN_FLIGHT }, lane));
  client.close();
}
