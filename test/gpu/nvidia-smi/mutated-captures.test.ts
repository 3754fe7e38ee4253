import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { MeasurementSpec } from '../../../agent/core/catalog/measurement-spec.ts';
import { nvidiaSmi, nvidiaSmiMig } from '../../../agent/core/catalog/nvidia-smi.ts';
import { GpuFailure, type GpuReading } from '../../../agent/gpu/gpu-reader.ts';
import { NvidiaSmiReader } from '../../../agent/gpu/nvidia-smi/nvidia-smi-reader.ts';
import { SmiProgram, understandRun } from '../../../agent/gpu/nvidia-smi/smi-program.ts';
import { FakeNvidiaSmi, readCapture } from '../../fakes/nvidia-smi/fake-nvidia-smi.ts';

type Mutation = (xml: string, at: number) => string;

const CAPTURES = readdirSync(join(import.meta.dirname, '../../captures/nvidia-smi'))
  .filter((name) => name.endsWith('.xml'))
  .map((name) => name.slice(0, -'.xml'.length));
const REQUEST = { full: true, power: true, processes: true };
/** Words for "no value", and the numbers that stand for it in NVML. */
const SENTINELS =
  /^\[?(n\/a|not supported|unknown error|err!|insufficient permissions|gpu is lost|requested functionality has been deprecated)\]?$/i;
const SENTINEL_NUMBERS = [2 ** 32 - 1, 2 ** 64 - 1, 2 ** 63, 2 ** 63 - 1];

const WORDS = [
  ...['', 'N/A', '[N/A]', 'ERR!', '[Unknown Error]', 'Insufficient Permissions', 'GPU is lost'],
  ...['NaN', '-1 MiB', '1e999 W', 'Infinity', '4294967295', '4294967295 MHz', '18446744073709551615 us'],
  ...['<a/>', '<![CDATA[7 %]]>', '&lol;', '&#0;', '<__proto__>1</__proto__>', '\u0000', ' '],
];
const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  '$',
  '_',
  'gpu',
  'a:b',
  'supported_clocks',
  'process_name',
];

/** An element without children, or one with: the `at`th, counted around. */
function replaceElement(xml: string, at: number, replace: (element: string, name: string) => string): string {
  const elements = [...xml.matchAll(/<([a-z_0-9]+)( [^>]*)?>/g)];
  const { index, 0: tag, 1: name } = elements[at % elements.length] ?? { index: 0, 0: '', 1: '' };
  const end = xml.indexOf(`</${name}>`, index + tag.length);
  if (end < 0) return xml;
  const after = end + name.length + 3;
  return xml.slice(0, index) + replace(xml.slice(index, after), name) + xml.slice(after);
}

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.constant<Mutation>((xml, at) => xml.slice(0, at % (xml.length + 1))),
  fc.constant<Mutation>((xml, at) => xml.slice(at % (xml.length + 1))),
  fc.constant<Mutation>((xml, at) => replaceElement(xml, at, () => '')),
  fc
    .nat(3)
    .map<Mutation>((times) => (xml, at) => replaceElement(xml, at, (whole) => whole.repeat(times + 2))),
  fc
    .constantFrom(...WORDS)
    .map<Mutation>((word) => (xml, at) => replaceElement(xml, at, (_, name) => `<${name}>${word}</${name}>`)),
  fc
    .constantFrom(...NAMES)
    .map<Mutation>(
      (other) => (xml, at) => replaceElement(xml, at, (whole, name) => whole.replaceAll(name, () => other)),
    ),
  fc.string({ unit: 'binary', maxLength: 8 }).map<Mutation>((noise) => (xml, at) => {
    const place = at % (xml.length + 1);
    return xml.slice(0, place) + noise + xml.slice(place + noise.length);
  }),
);

const capture = fc.constantFrom(...CAPTURES);
const steps = fc.array(fc.tuple(mutation, fc.nat(1_000_000)), { minLength: 1, maxLength: 6 });

function mutate(name: string, done: readonly (readonly [Mutation, number])[]): string {
  return done.reduce((xml, [change, at]) => change(xml, at), readCapture(name));
}

describe('mutated captures of nvidia-smi', () => {
  it('give a reading without sentinels, or a GpuFailure', async function () {
    this.timeout(60_000);
    let readings = 0;
    const property = fc.asyncProperty(capture, steps, fc.string(), async (name, done, stderr) => {
      const program = { ask: () => understandRun({ exit: 0, stdout: mutate(name, done), stderr }) };
      const reading = await readOrFail(new NvidiaSmiReader({ program }));
      if (reading !== undefined) readings++;
    });
    await fc.assert(property, { numRuns: 400 });
    expect(readings).to.be.greaterThan(40);
  });

  it('do so through the program too', async function () {
    this.timeout(60_000);
    const fake = new FakeNvidiaSmi().enterPath();
    try {
      const program = new SmiProgram();
      const property = fc.asyncProperty(capture, steps, fc.nat(20), async (name, done, exitCode) => {
        fake.answer({ stdout: mutate(name, done), exitCode });
        await readOrFail(new NvidiaSmiReader({ program }));
      });
      await fc.assert(property, { numRuns: 25 });
    } finally {
      fake.remove();
    }
  });
});

async function readOrFail(reader: NvidiaSmiReader): Promise<GpuReading | undefined> {
  try {
    const reading = await reader.read(REQUEST);
    judge(reading);
    return reading;
  } catch (error) {
    if (!(error instanceof GpuFailure)) throw error;
    expect(error.message.length).to.be.lessThan(500);
    return undefined;
  }
}

function judge({ devices, lost }: GpuReading): void {
  expect(devices).not.to.have.length(0);
  for (const device of devices) {
    expect(device.uuid).to.match(/^GPU-[0-9a-f-]+$/i);
    judgeFields(device.fields, nvidiaSmi);
    for (const mig of device.mig) judgeFields(mig.fields, nvidiaSmiMig);
    for (const value of leaves(device)) judgeValue(value);
  }
  for (const value of leaves(lost)) judgeValue(value);
}

function judgeFields(fields: object, spec: MeasurementSpec): void {
  for (const [name, value] of Object.entries(fields)) {
    const type = spec.fields[name].type;
    if (type === 'integer') expect(value, name).to.satisfy(Number.isSafeInteger);
    else expect(value, name).to.be.a(type === 'float' ? 'number' : 'string');
  }
}

function judgeValue(value: unknown): void {
  if (typeof value === 'number') expect(value).to.satisfy(Number.isFinite).and.not.be.oneOf(SENTINEL_NUMBERS);
  else expect(value).to.be.a('string').and.not.match(SENTINELS);
}

function leaves(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [value];
  return Object.values(value).flatMap(leaves);
}
