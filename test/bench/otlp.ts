import { OTLP_SERVICES } from '../../agent/ingest/otlp/otlp-services.ts';
import type { BenchRow } from './bench-row.ts';
import { BenchServer } from './bench-server.ts';
import { median } from './median.ts';
import { VllmExport } from './otlp-export.ts';
import { RawGrpcClient } from './raw-grpc-client.ts';

const ROUNDS = 7;
const WARM_UP_ROUNDS = 3;
const CALLS_IN_FLIGHT = 8;
const SPANS = 512;
const PATH = `/${OTLP_SERVICES[0]}/Export`;
const LOADS = [
  { service: 'ours', messages: 300 },
  { service: 'decoded-otlp', messages: 60 },
] as const;

/** CPU time that a span of 12 attributes costs the server, windows included; the loads take turns. */
export async function run(): Promise<readonly BenchRow[]> {
  const servers = await Promise.all(LOADS.map(({ service }) => BenchServer.start(service)));
  try {
    const rounds: number[][] = LOADS.map(() => []);
    for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
      for (const [i, { messages }] of LOADS.entries()) {
        const cpuUs = await servers[i].measure((address) => send(address, messages));
        if (round >= WARM_UP_ROUNDS) rounds[i].push(cpuUs / (SPANS * messages));
      }
    }
    const [ours, decoded] = rounds.map(median);
    return [
      { name: 'otlp: unary exports of 512 spans', bar: '≤ 2.8 µs', value: ours, unit: 'µs/span' },
      { name: 'otlp: … by proto-loader’s decode', value: decoded, unit: 'µs/span' },
      { name: 'otlp: proto-loader’s decode costs', bar: '≥ 5 ×', value: decoded / ours, unit: '×' },
    ];
  } finally {
    for (const server of servers) server.stop();
  }
}

const exports = new VllmExport(SPANS);

async function send(address: string, messages: number): Promise<void> {
  const client = new RawGrpcClient(address);
  let sent = 0;
  const lane = async (): Promise<void> => {
    while (sent++ < messages) await client.call(PATH, exports.next());
  };
  await Promise.all(Array.from({ length: CALLS_IN_FLIGHT }, lane));
  client.close();
}
