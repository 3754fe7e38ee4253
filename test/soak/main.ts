import { runFuzzSoak } from './fuzz.ts';
import { runGrafanaSoak } from './grafana.ts';
import { runMemorySoak } from './memory.ts';
import { runOutageSoak } from './outage.ts';

/** `npm run soak [-- NAME …]`: what takes minutes. Exits 1 when a bar does not hold. */
const SOAKS: Readonly<Record<string, () => Promise<boolean>>> = {
  fuzz: runFuzzSoak,
  outage: runOutageSoak,
  memory: runMemorySoak,
  grafana: runGrafanaSoak,
};

const chosen = process.argv.slice(2);
let failed = false;
for (const [name, run] of Object.entries(SOAKS)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  console.log(`\n## ${name}`);
  const held = await run();
  console.log(held ? 'held' : 'DID NOT HOLD');
  failed ||= !held;
}
process.exit(failed ? 1 : 0);
