import {
  cells,
  driftCells,
  driftDays,
  errorCells,
  liveDays,
  methodCells,
  otherLengths,
  queueCells,
} from './cells.ts';
import { printCells, printErrors, printLiveDays, printMethods, printQueues } from './tables.ts';

const PAIRS = 1000;
const DRIFT_PAIRS = 400;
const SERIES = 100;
const DRIFT_SERIES = 40;

/** `npm run verdicts [-- NAME …]`: how often verdicts are right; prints the tables of docs/evidence/verdicts.md. */
const TABLES: Readonly<Record<string, () => void>> = {
  pairs: () => printCells(cells, PAIRS),
  lengths: () => printCells(otherLengths, PAIRS),
  methods: () => printMethods(methodCells, PAIRS),
  queues: () => printQueues(queueCells, PAIRS),
  errors: () => printErrors(errorCells, PAIRS),
  drifts: () => printCells(driftCells, DRIFT_PAIRS),
  'drift-days': () => printLiveDays(driftDays, DRIFT_SERIES),
  live: () => printLiveDays(liveDays, SERIES),
};

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !(name in TABLES));
if (unknown.length > 0) {
  console.error(`no table ${unknown.join(', ')}; there are ${Object.keys(TABLES).join(', ')}`);
  process.exit(2);
}
for (const [name, print] of Object.entries(TABLES)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const started = performance.now();
  console.log(`\n## ${name}\n`);
  print();
  console.log(`\n${Math.round((performance.now() - started) / 1000)} s`);
}
