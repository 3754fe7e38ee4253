// Reads all GPUs through NVML, then nvidia-smi, then NVML again, and shows every field in which the two readers
// differ: compare-readers.mjs SECTION TITLE. A figure between the two NVML readings, or equal to one, agrees.
import { importReaders, markdownTable, writeSection } from './section-result.mjs';

const FULL = { full: true, power: false, processes: true };
const [section = 'readers', title = 'NVML against nvidia-smi'] = process.argv.slice(2);

const { nvml, smi } = await importReaders();
await nvml.open();
await smi.open();
const before = await nvml.read(FULL);
const printed = await smi.read(FULL);
const after = await nvml.read(FULL);
nvml.close();
smi.close();

const devices = printed.devices.map((device) => compareDevice(device));
writeSection(section, {
  title,
  tables: devices.flatMap(({ summary, table }) => [summary, table]),
  figures: { devices, readings: { before, printed, after }, differing: devices.map((one) => one.differing) },
});

function compareDevice(fromSmi) {
  const [first, second] = [before, after].map((reading) => valuesOf(find(reading, fromSmi.uuid)));
  const smiValues = valuesOf(fromSmi);
  const names = [...new Set([...Object.keys(first), ...Object.keys(smiValues)])];
  const compared = names.map((name) => ({
    name,
    verdict: judge([first[name], second[name]], smiValues[name]),
    nvml: [first[name], second[name]],
    smi: smiValues[name],
  }));
  const count = (verdict) => compared.filter((one) => one.verdict === verdict).length;
  const differing = compared.filter((one) => one.verdict !== 'same');
  return {
    summary: `${fromSmi.name}: ${names.length} values, ${count('same')} agree, ${count('differs')} differ, ${count('only NVML')} only through NVML, ${count('only nvidia-smi')} only through nvidia-smi.`,
    table: markdownTable(['value', 'verdict', 'NVML before', 'nvidia-smi', 'NVML after'], differing.map(row)),
    differing,
  };
}

function find(reading, uuid) {
  return reading.devices.find((device) => device.uuid === uuid) ?? { fields: {}, processes: [], mig: [] };
}

/** All that a reading says of one GPU, as one flat record. */
function valuesOf({ index, uuid, name, arch, computeMode, pstate, fields, processes = [], mig }) {
  const ofProcesses = processes.map((one) => [
    `process ${one.pid}`,
    `${one.name} ${one.type} ${one.usedMemoryMib} MiB`,
  ]);
  const ofMig = mig.map((one) => [`mig ${one.index}`, JSON.stringify(one)]);
  const own = { index, uuid, name, arch, computeMode, pstate, ...fields };
  return Object.fromEntries(
    [...Object.entries(own), ...ofProcesses, ...ofMig].filter(([, value]) => value !== undefined),
  );
}

function judge([first, second], smiValue) {
  if (smiValue === undefined) return 'only NVML';
  if (first === undefined && second === undefined) return 'only nvidia-smi';
  if (smiValue === first || smiValue === second) return 'same';
  if ([first, second, smiValue].some((value) => typeof value !== 'number')) return 'differs';
  return smiValue >= Math.min(first, second) && smiValue <= Math.max(first, second) ? 'same' : 'differs';
}

function row({ name, verdict, nvml: [first, second], smi: printedValue }) {
  return [name, verdict, first ?? '–', printedValue ?? '–', second ?? '–'];
}
