// CPU time of one reading, in one run: through NVML the cheap one, that of each tick, and the full one; then one of
// node-nvidia-smi with the process that it starts.
import { readFileSync } from 'node:fs';
import { importReaders, markdownTable, writeSection } from './section-result.mjs';

/** Of /proc/PID/stat, where Linux counts in hundredths of a second for every program. */
const TICKS_PER_SECOND = 100;

const { nvml, smi } = await importReaders();
const cases = [
  { name: 'NVML, cheap', reader: nvml, readings: 200, request: request(false, false, false) },
  { name: 'NVML, cheap, with processes', reader: nvml, readings: 100, request: request(false, false, true) },
  {
    name: 'NVML, the same and power samples',
    reader: nvml,
    readings: 50,
    request: request(false, true, true),
  },
  { name: 'NVML, full', reader: nvml, readings: 20, request: request(true, true, true) },
  { name: 'node-nvidia-smi', reader: smi, readings: 5, request: request(true, false, true) },
];

await nvml.open();
await smi.open();
const results = [];
for (const { name, reader, readings, request } of cases) {
  // So that the compiler of the engine is done with it.
  for (let i = 0; i < (reader === smi ? 1 : readings); i++) await reader.read(request);
  const from = cpuMs();
  const startedMs = performance.now();
  let gpus = 0;
  for (let i = 0; i < readings; i++) gpus = (await reader.read(request)).devices.length;
  const wallMs = (performance.now() - startedMs) / readings;
  results.push({ name, readings, gpus, cpuMs: (cpuMs() - from) / readings, wallMs });
}
nvml.close();
smi.close();

const [cheap, tick, withPower, full, printed] = results;
// As the agent reads at 1 Hz: processes each time, power each second time, everything each tenth.
const perTenSeconds = 5 * tick.cpuMs + 4 * withPower.cpuMs + full.cpuMs;
const rows = results.map(({ name, readings, gpus, cpuMs, wallMs }) => [
  name,
  readings,
  (cpuMs / gpus).toFixed(3),
  (wallMs / gpus).toFixed(3),
]);
writeSection('poll_cost', {
  title: 'Cost of a reading, for each GPU',
  tables: [
    markdownTable(['reading', 'times', 'CPU ms', 'wall ms'], rows),
    `node-nvidia-smi / cheap: ${(printed.cpuMs / cheap.cpuMs).toFixed(0)}. What the agent reads in 10 s at 1 Hz: ${(perTenSeconds / 100 / cheap.gpus).toFixed(3)} % of a core for each GPU.`,
  ],
  figures: results,
});

function request(full, power, processes) {
  return { full, power, processes };
}

/** Of this process, to the microsecond, and of children that it has waited for. */
function cpuMs() {
  const { user, system } = process.cpuUsage();
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  const childTicks = Number(fields[13]) + Number(fields[14]);
  return (user + system) / 1000 + (childTicks * 1000) / TICKS_PER_SECOND;
}
