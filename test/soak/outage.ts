import { runOutage } from '../e2e/outage-scenario.ts';

/** A minute without influxd under load, then five kills of the agent and five of influxd. */
export async function runOutageSoak(): Promise<boolean> {
  const findings = await runOutage({
    outageMs: 60_000,
    agentKills: 5,
    influxdKills: 5,
    calmMs: 8000,
    spansPerSecond: 900,
  });
  console.log(JSON.stringify(findings, null, 2));
  const { countedTwice, lost, thinned, unwatchedMs } = findings;
  return countedTwice.length + lost.length + thinned.length === 0 && unwatchedMs > 0;
}
