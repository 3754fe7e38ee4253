import { cells, liveDays, methodCells, otherLengths } from './cells.ts';
import { printCells, printLiveDays, printMethods } from './tables.ts';

/**
 * `npm run verdicts [-- pairs series]`: how often verdicts are right, over simulated pairs; prints the tables of
 * docs/evidence/verdicts.md. By default 1,000 pairs a row, and 200 series a day.
 */
const [pairs = 1000, series = 200] = process.argv.slice(2).map(Number);
const started = performance.now();

console.log(
  `## ${pairs} pairs a row, 2,000 requests a side (40 s of 50/s, or 75/s on the mean where the load steps)\n`,
);
printCells(cells, pairs);
console.log('\n## Other lengths, ratio 1\n');
printCells(otherLengths, pairs);
console.log('\n## Methods side by side: wrong verdicts on p50 and p95 at ratio 1\n');
printMethods(methodCells, pairs);
console.log(`\n## A day of looks at ratio 1: ${series} series a row\n`);
printLiveDays(liveDays, series);
console.log(`\n${Math.round((performance.now() - started) / 1000)} s`);
