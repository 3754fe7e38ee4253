import { AgentProcess } from '../e2e/agent-process.ts';
import { FakeNvidiaSmi, readCapture } from '../fakes/nvidia-smi/fake-nvidia-smi.ts';
import { FleetLoad } from '../grafana/fleet-load.ts';
import { askingPanels, readBoards } from '../grafana/grafana-board.ts';
import { interpolate } from '../grafana/interpolation.ts';
import { pause } from '../poll.ts';
import { Influxd } from '../servers/influxd.ts';
import { SpanClient } from '../span-client.ts';

const LOAD_SECONDS = 120;
const PROFILE_AT_SECOND = 60;
const LOOK_EVERY_SECONDS = 10;
const PATIENCE_SECONDS = 180;
const DATABASE = 'inference';

/** The built program in real time: how many queries of the dashboards have rows after two minutes of load, and after. */
export async function runGrafanaSoak(): Promise<boolean> {
  const influxd = await Influxd.start();
  await influxd.createDatabase(DATABASE);
  const load = new FleetLoad();
  const smi = new FakeNvidiaSmi({ stdout: readCapture('v12-a100-mig') });
  await load.start();
  const agents = [
    await startAgent(influxd, 'pod-a.0', load.settings()),
    await startAgent(influxd, 'pod-b.1', [['gpu.source', 'nvidia-smi']], smi.path),
  ];
  try {
    const startMs = Date.now();
    await serve(agents, load, startMs);
    return await watch(influxd, startMs);
  } finally {
    await Promise.all(agents.map((agent) => agent.dispose()));
    await load.stop();
    smi.remove();
    await influxd.stop();
  }
}

async function startAgent(
  influxd: Influxd,
  instance: string,
  settings: readonly (readonly [string, string])[],
  path = process.env['PATH'] ?? '',
): Promise<AgentProcess> {
  const all = [
    ['instance', instance],
    ['exporters.influxdb.url', influxd.url],
    ['exporters.influxdb.version', '1'],
    ['exporters.influxdb.database', DATABASE],
    ...settings,
  ] as const;
  const variables = all.map(([key = '', text = '']) => [
    `INFERMETER_${key.toUpperCase().replaceAll('.', '__')}`,
    text,
  ]);
  const agent = await AgentProcess.create({ ...Object.fromEntries(variables), PATH: path });
  await agent.start();
  return agent;
}

async function serve(agents: readonly AgentProcess[], load: FleetLoad, startMs: number): Promise<void> {
  const clients = agents.map(({ grpcAddress }) => new SpanClient(grpcAddress));
  const httpAddress = new URL(agents[0]?.httpUrl ?? '').host;
  for (let second = 1; second <= LOAD_SECONDS; second++) {
    await pause(Math.max(0, startMs + second * 1000 - Date.now()));
    for (const client of clients) await client.report({ spans: load.spans(Date.now()), dropped: 1 });
    load.nextSecond();
    if (second === PROFILE_AT_SECOND) for (const { grpcAddress } of agents) await load.profile(grpcAddress);
    if (second > PROFILE_AT_SECOND) await load.saveBaselines(httpAddress, startMs);
  }
  for (const client of clients) client.close();
}

/** True once every query has rows. */
async function watch(influxd: Influxd, startMs: number): Promise<boolean> {
  for (let waited = 0; waited <= PATIENCE_SECONDS; waited += LOOK_EVERY_SECONDS) {
    const { asked, empty } = await askAll(influxd, startMs);
    console.log(
      `${waited} s after the load: ${asked - empty.length} of ${asked} queries have rows${empty.length > 0 ? `; not yet: ${empty.join(', ')}` : ''}`,
    );
    if (empty.length === 0) return true;
    await pause(LOOK_EVERY_SECONDS * 1000);
  }
  return false;
}

async function askAll(influxd: Influxd, startMs: number): Promise<{ asked: number; empty: string[] }> {
  const empty: string[] = [];
  let asked = 0;
  for (const board of readBoards()) {
    for (const panel of askingPanels(board)) {
      const scope = { fromMs: startMs - 3_600_000, toMs: Date.now(), step: panel.interval ?? '10s' };
      for (const { query, refId } of panel.targets ?? []) {
        asked++;
        const rows = await influxd.query(interpolate(query, board.templating.list, {}, scope), DATABASE);
        if (rows.length === 0) empty.push(`${board.name}/${panel.title} ${refId}`);
      }
    }
  }
  return { asked, empty };
}
