import { expect } from 'chai';
import { GpuFailure, type GpuReading } from '../../../agent/gpu/gpu-reader.ts';
import { NvidiaSmiReader } from '../../../agent/gpu/nvidia-smi/nvidia-smi-reader.ts';
import { NvmlReader } from '../../../agent/gpu/nvml/nvml-reader.ts';

const EVERYTHING = { full: true, power: true, processes: true } as const;

/** How far two readings of one second may be apart, by the beginning of the field's name; other fields agree exactly. */
const TOLERANCES: readonly [prefix: string, absolute: number, relative: number][] = [
  ['memory_', 2, 0],
  ['temperature_', 2, 0],
  ['utilization_', 10, 0],
  ['power_draw', 15, 0.1],
  ['clocks_current_', 150, 0.1],
  ['clocks_event_reason_', 1, 0],
  ['clocks_event_reasons_counters_', 2_000_000, 0.05],
];

/** What nvidia-smi alone says: NVML would wait 20 ms for it. */
const OF_NVIDIA_SMI_ALONE = new Set(['pcie_rx_util', 'pcie_tx_util']);

const missing = await whatIsMissing();

describe(`NVML beside nvidia-smi on this machine${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  const nvml = new NvmlReader();
  const smi = new NvidiaSmiReader();
  /** Alone has the margin of temperature; the second alone has activity. */
  let first: GpuReading;
  let ours: GpuReading;
  let theirs: GpuReading;

  before(async function () {
    if (missing !== undefined) this.skip();
    await nvml.open();
    await smi.open();
    first = await nvml.read(EVERYTHING);
    theirs = await smi.read(EVERYTHING);
    ours = await nvml.read(EVERYTHING);
  });
  after(() => {
    nvml.close();
    smi.close();
  });

  it('shows the same GPUs', () => {
    const identities = ({ devices }: GpuReading) =>
      devices.map(({ index, uuid, name, arch, computeMode }) => ({ index, uuid, name, arch, computeMode }));
    expect(identities(ours)).to.deep.equal(identities(theirs));
  });

  it('says every field that nvidia-smi says', () => {
    const lacking = pairs(first, theirs).flatMap(([own, other]) =>
      Object.keys(other).filter((field) => !(field in own) && !OF_NVIDIA_SMI_ALONE.has(field)),
    );
    expect(lacking).to.deep.equal([]);
  });

  it('agrees on every field that both say', () => {
    const apart = [...pairs(first, theirs), ...pairs(ours, theirs)].flatMap(([own, other]) =>
      Object.keys(other)
        .filter((field) => field in own && !agree(field, own[field], other[field]))
        .map((field) => `${field}: ${own[field]} and ${other[field]}`),
    );
    expect(apart).to.deep.equal([]);
  });

  it('lists the same processes', () => {
    const listed = ({ devices }: GpuReading) =>
      devices.map(({ processes = [] }) => [...processes].sort((a, b) => a.pid - b.pid));
    expect(listed(ours)).to.deep.equal(listed(theirs));
  });

  it('tells of activity, energy and power samples', () => {
    const [device] = ours.devices;
    expect(device?.power?.watts.length).to.be.above(0);
    expect(device?.energy?.joules).to.be.above(0);
    expect(device?.activity).to.be.an('object');
  });
});

type Fields = Readonly<Record<string, number | string | undefined>>;

function pairs(ours: GpuReading, theirs: GpuReading): [Fields, Fields][] {
  return ours.devices.map(({ fields }, index) => [fields, theirs.devices[index]?.fields ?? {}]);
}

function agree(field: string, own: Fields[string], other: Fields[string]): boolean {
  if (typeof own !== 'number' || typeof other !== 'number') return own === other;
  const tolerance = TOLERANCES.findLast(([prefix]) => field.startsWith(prefix));
  if (tolerance === undefined) return own === other;
  const [, absolute, relative] = tolerance;
  return Math.abs(own - other) <= Math.max(absolute, relative * Math.max(own, other));
}

async function whatIsMissing(): Promise<string | undefined> {
  const reader = new NvmlReader();
  try {
    await reader.open();
    return undefined;
  } catch (error) {
    if (error instanceof GpuFailure) return error.message;
    throw error;
  } finally {
    reader.close();
  }
}
