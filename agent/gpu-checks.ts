import type { CheckResult } from './cli/command-context.ts';
import type { Config } from './config/config.ts';
import { nvidiaSmi } from './core/catalog/nvidia-smi.ts';
import type { Clock } from './core/clock.ts';
import type { Logger } from './core/logger.ts';
import type { DeviceReading, GpuReading } from './gpu/gpu-reader.ts';
import { SourceChoice } from './gpu/source-choice.ts';

const CHECK_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 1000;
/** Activity is what ran between two readings. */
const BETWEEN_READINGS_MS = 1000;
const EVERYTHING = { full: true, power: true, processes: true };
const QUIET: Logger = { debug() {}, info() {}, warn() {}, error() {} };

export interface GpuCheckParts {
  readonly clock: Clock;
  readonly hasDriver: () => boolean;
  /** Added to the environment of the reader's process. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Reads the GPUs as the agent would, and says of each what it gives. Without a driver `auto` is content. */
export async function checkGpus(config: Config, parts: GpuCheckParts): Promise<readonly CheckResult[]> {
  const { source, devices } = config.gpu;
  if (source === 'none') return [{ name: 'gpu', ok: true, reason: 'gpu.source is none' }];
  const { environment, ...rest } = parts;
  const choice = new SourceChoice({ source, devices, log: QUIET, child: { environment }, ...rest });
  try {
    const reading = await readTwice(choice, parts.clock);
    if (reading === undefined) return [{ name: 'gpu', ok: true, reason: choice.reason }];
    return [
      { name: 'gpu', ok: true, reason: `read by ${choice.source}: ${choice.reason}` },
      ...findings(reading),
    ];
  } catch (error) {
    return [{ name: 'gpu', ok: false, reason: error instanceof Error ? error.message : String(error) }];
  } finally {
    await choice.stop(AbortSignal.timeout(STOP_WITHIN_MS));
  }
}

async function readTwice(choice: SourceChoice, clock: Clock): Promise<GpuReading | undefined> {
  const signal = AbortSignal.timeout(CHECK_WITHIN_MS);
  const first = await choice.read(EVERYTHING, signal);
  if (first === undefined) return undefined;
  await clock.sleep(BETWEEN_READINGS_MS, signal);
  return choice.read(EVERYTHING, signal);
}

function findings({ devices, lost, notes }: GpuReading): readonly CheckResult[] {
  return [
    ...devices.map((device) => ({ name: `gpu ${device.index}`, ok: true, reason: describe(device) })),
    ...lost.map(({ index, reason }) => ({ name: `gpu ${index}`, ok: false, reason })),
    ...notes.map((note) => ({ name: 'gpu note', ok: true, reason: note })),
  ];
}

function describe(device: DeviceReading): string {
  const { name, uuid, fields, processes, energy, power, activity, mig } = device;
  const given = new Set(Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [key])));
  const missing = Object.keys(nvidiaSmi.fields).filter((key) => !given.has(key));
  const more = [
    processes && `processes (${processes.length})`,
    energy && 'energy',
    power && 'power samples',
    activity && `${Object.keys(activity).length} figures of activity`,
    mig.length > 0 && `MIG devices (${mig.length})`,
  ].filter((text) => typeof text === 'string');
  const fieldText = `${given.size} fields${missing.length > 0 ? ` (not given: ${missing.join(', ')})` : ''}`;
  return `${name}, ${uuid}: ${[...more, fieldText].join(', ')}`;
}
