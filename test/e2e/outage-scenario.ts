import { pause, poll } from '../poll.ts';
import { Influxd } from '../servers/influxd.ts';
import { AgentProcess } from './agent-process.ts';
import { SpanLedger } from './span-ledger.ts';

export interface OutagePlan {
  /** How long influxd is away while the load goes on. */
  readonly outageMs: number;
  readonly agentKills: number;
  readonly influxdKills: number;
  /** Calm between two blows. */
  readonly calmMs: number;
  readonly spansPerSecond: number;
}

export interface OutageFindings {
  readonly sent: number;
  readonly stored: number;
  /** Slices in which influxd has more requests than were ever sent: something was counted twice. */
  readonly countedTwice: readonly string[];
  /** Slices that lost spans which had been acknowledged longer than interval + grace before a kill. */
  readonly lost: readonly string[];
  /** Points that at some time held more requests than in the end. */
  readonly thinned: readonly string[];
  /** What the last agent says of the time that nobody watched. */
  readonly unwatchedMs: number;
  readonly partlyCovered: number;
}

const DATABASE = 'outage';
const INTERVAL_MS = 1000;
const LATENESS_MS = 5000;
const GRACE_MS = 2000;
/** How long a flush and its commit may take on a busy machine. */
const COMMIT_MS = 1500;

type Counts = Map<string, number>;

/** Load, an outage, kills on both sides; then compares what was acknowledged with what influxd has. */
export async function runOutage(plan: OutagePlan): Promise<OutageFindings> {
  const influxd = await Influxd.start();
  await influxd.createDatabase(DATABASE);
  const agent = await AgentProcess.create({
    INFERMETER_INTERVAL: '1s',
    INFERMETER_WINDOWS: '[1s, 5s]',
    INFERMETER_LATENESS: '5s',
    INFERMETER_EXPORTERS__INFLUXDB__URL: influxd.url,
    INFERMETER_EXPORTERS__INFLUXDB__VERSION: '1',
    INFERMETER_EXPORTERS__INFLUXDB__DATABASE: DATABASE,
  });
  const ledgers = ['a', 'b', 'c'].map(
    (model) => new SpanLedger(agent.grpcAddress, model, plan.spansPerSecond / 3),
  );
  const fullest: Counts = new Map();
  try {
    await agent.start();
    for (const ledger of ledgers) ledger.start();
    const watch = watchCounts(influxd, fullest);
    const killsMs = await strike(plan, { agent, influxd });
    await Promise.all(ledgers.map((ledger) => ledger.stop()));
    await pause(LATENESS_MS + GRACE_MS + INTERVAL_MS);
    await poll(
      'the outbox is empty',
      async () => ((await agent.status()).outbox?.points === 0 ? true : undefined),
      60_000,
    );
    watch.stop();
    await watch.done;
    return await judge({ agent, influxd, ledgers, fullest, killsMs });
  } finally {
    await Promise.all(ledgers.map((ledger) => ledger.stop()));
    await agent.dispose();
    await influxd.stop();
  }
}

/** Resolves with the times at which the agent was killed. */
async function strike(
  plan: OutagePlan,
  { agent, influxd }: { agent: AgentProcess; influxd: Influxd },
): Promise<number[]> {
  const killsMs: number[] = [];
  await pause(plan.calmMs);
  await influxd.kill();
  await pause(plan.outageMs);
  await influxd.restart();
  for (let round = 0; round < Math.max(plan.agentKills, plan.influxdKills); round++) {
    await pause(plan.calmMs);
    if (round < plan.agentKills) {
      killsMs.push(Date.now());
      await agent.end('SIGKILL');
      await agent.start();
    }
    if (round < plan.influxdKills) {
      await pause(plan.calmMs / 2);
      await influxd.kill();
      await pause(plan.calmMs / 4);
      await influxd.restart();
    }
  }
  await pause(plan.calmMs);
  return killsMs;
}

function watchCounts(influxd: Influxd, fullest: Counts): { stop(): void; done: Promise<void> } {
  let stopped = false;
  const run = async (): Promise<void> => {
    while (!stopped) {
      const counts = await readCounts(influxd).catch(() => new Map<string, number>());
      for (const [key, count] of counts) fullest.set(key, Math.max(count, fullest.get(key) ?? 0));
      await pause(300);
    }
  };
  const stop = (): void => {
    stopped = true;
  };
  return { stop, done: run() };
}

/** Requests of the shortest window, by `model@end`. */
async function readCounts(influxd: Influxd): Promise<Counts> {
  const series = await influxd.query(
    `SELECT "requests" FROM "inference" WHERE "window" = '1s' GROUP BY "model"`,
    DATABASE,
  );
  return new Map(
    series.flatMap(({ tags, values }) =>
      values.map(([time, requests]): [string, number] => [`${tags?.['model']}@${time}`, Number(requests)]),
    ),
  );
}

interface Evidence {
  readonly agent: AgentProcess;
  readonly influxd: Influxd;
  readonly ledgers: readonly SpanLedger[];
  readonly fullest: Counts;
  readonly killsMs: readonly number[];
}

async function judge({ agent, influxd, ledgers, fullest, killsMs }: Evidence): Promise<OutageFindings> {
  const stored = await readCounts(influxd);
  const sent: Counts = new Map();
  const safe: Counts = new Map();
  for (const ledger of ledgers) {
    for (const { endsMs, ackedMs, ack } of ledger.acked) {
      const exposed = killsMs.some(
        (killMs) => ackedMs <= killMs && ackedMs > killMs - INTERVAL_MS - GRACE_MS - COMMIT_MS,
      );
      // A batch that was repeated too late for its spans is not counted, and the agent said so.
      const counted = ack.rejected === 0;
      for (const endMs of counted ? endsMs : []) {
        const key = `${ledger.model}@${(Math.floor(endMs / INTERVAL_MS) + 1) * INTERVAL_MS}`;
        add(sent, key);
        if (!exposed) add(safe, key);
      }
    }
  }
  const covered = await influxd.query(
    `SELECT count("requests") FROM "inference" WHERE "coverage_ratio" < 1`,
    DATABASE,
  );
  return {
    sent: sum(sent),
    stored: sum(stored),
    countedTwice: keysWhere(stored, (key, count) => count > (sent.get(key) ?? 0)),
    lost: keysWhere(safe, (key, count) => count > (stored.get(key) ?? 0)),
    thinned: keysWhere(fullest, (key, count) => count > (stored.get(key) ?? 0)),
    unwatchedMs: (await agent.status()).window.unwatchedMs,
    partlyCovered: Number(covered[0]?.values[0]?.[1] ?? 0),
  };
}

function add(counts: Counts, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function sum(counts: Counts): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

function keysWhere(counts: Counts, wanted: (key: string, count: number) => boolean): string[] {
  return [...counts].filter(([key, count]) => wanted(key, count)).map(([key, count]) => `${key}: ${count}`);
}
