import type { Clock } from '../../core/clock.ts';
import type { FieldsOf } from '../../core/point.ts';
import type { DeviceReading, GpuProcess, ReadRequest } from '../gpu-reader.ts';
import type { Answer } from './answer.ts';
import { percent, watts } from './conversion.ts';
import { DeviceInquiry } from './device-inquiry.ts';
import type { Draft } from './field-rule.ts';
import { Gpm } from './gpm.ts';
import { MigDevices } from './mig-devices.ts';
import type { NvmlLibrary } from './nvml-library.ts';
import type { ProcessList } from './process-list.ts';
import { fullSet, marginSet, quickSet, rareSet, staticSet } from './question-sets.ts';
import { isUnsupported, NVML, NvmlFailure, throwIfGone } from './return-code.ts';
import { SAMPLES, SampleBuffer, type Samples } from './sample-buffer.ts';

/** A minute, of full readings 10 s apart. */
const FULL_READINGS_TO_A_RARE_ONE = 6;

/** Which GPU, and how it is reached. */
export interface DeviceIdentity {
  readonly handle: number;
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
}

/** What the devices of one reader share. */
export interface DeviceSurroundings {
  readonly library: NvmlLibrary;
  readonly answer: Answer;
  readonly processes: ProcessList;
  /** What the driver says of itself, on every GPU. */
  readonly driver: Draft;
  readonly clock: Clock;
}

/** A reading before the times are set against its end. */
export interface DeviceDraft {
  readonly reading: DeviceReading;
  readonly energy?: { readonly joules: number; readonly atMonotonicMs: number } | undefined;
  readonly power?: Samples | undefined;
}

/** One GPU. `read` throws an `NvmlFailure` where it, or the driver, cannot be asked anything more. */
export class NvmlDevice {
  readonly identity: DeviceIdentity;
  readonly #around: DeviceSurroundings;
  readonly #quick: DeviceInquiry;
  readonly #full: DeviceInquiry;
  readonly #rare: DeviceInquiry;
  readonly #margin: DeviceInquiry;
  readonly #gpm: Gpm;
  readonly #mig: MigDevices;
  readonly #utilization: SampleBuffer;
  readonly #power: SampleBuffer;
  readonly #static: Draft = {};
  readonly #staticTags: Draft = {};
  /** Of the last full reading, and the static ones. */
  #repeated: Draft = {};
  #repeatedTags: Draft = {};
  #rareFields: Draft = {};
  #fullReadings = 0;
  #energySupported = true;

  constructor(identity: DeviceIdentity, around: DeviceSurroundings) {
    const { handle } = identity;
    const { library, answer } = around;
    this.identity = identity;
    this.#around = around;
    this.#quick = new DeviceInquiry(library, handle, answer, quickSet);
    this.#full = new DeviceInquiry(library, handle, answer, fullSet);
    this.#rare = new DeviceInquiry(library, handle, answer, rareSet);
    this.#margin = new DeviceInquiry(library, handle, answer, marginSet);
    this.#gpm = new Gpm(library, handle);
    this.#mig = new MigDevices(library, handle, answer);
    this.#utilization = new SampleBuffer(library, handle, SAMPLES.GPU_UTILIZATION, percent);
    this.#power = new SampleBuffer(library, handle, SAMPLES.POWER, watts);
    this.#readStatic();
    this.#repeated = this.#static;
    this.#repeatedTags = this.#staticTags;
  }

  get hasGpm(): boolean {
    return this.#gpm.supported;
  }

  read(request: ReadRequest): DeviceDraft {
    const { index, uuid, name } = this.identity;
    const activity = request.full ? this.#readFull() : undefined;
    const fields: Draft = { ...this.#repeated };
    const tags: Draft = { ...this.#repeatedTags };
    if (this.#quick.read(fields, tags) === 0) throw this.#silence();
    const power = request.power ? this.#power.read(this.#around.clock.wallMs() * 1000) : undefined;
    const energy = request.full ? this.#readEnergy() : undefined;
    const processes = request.processes ? this.#readProcesses() : undefined;
    const reading: DeviceReading = {
      index,
      uuid,
      name,
      ...tags,
      fields,
      mig: this.#mig.read(),
      ...(processes !== undefined && { processes }),
      ...(activity !== undefined && { activity }),
    };
    return { reading, energy, power };
  }

  close(): void {
    this.#gpm.close();
  }

  /** Not one question of the cheap set was answered. */
  #silence(): NvmlFailure {
    return new NvmlFailure(this.#quick.trouble || NVML.UNKNOWN, 'every call');
  }

  #readStatic(): void {
    const { library, answer, driver } = this.#around;
    Object.assign(this.#static, driver);
    const inquiry = new DeviceInquiry(library, this.identity.handle, answer, staticSet);
    inquiry.read(this.#static, this.#staticTags);
    for (const [field, symbol] of STATIC_TEXTS) {
      const text = readText(this.#around, symbol, this.identity.handle);
      if (text !== undefined) this.#static[field] = text;
    }
  }

  /** The dear fields; and what ran since the last full reading, if there was one. */
  #readFull(): FieldsOf<'gpu_activity'> | undefined {
    const nowUs = this.#around.clock.wallMs() * 1000;
    const first = this.#fullReadings === 0;
    const rare = this.#fullReadings++ % FULL_READINGS_TO_A_RARE_ONE === 0;
    if (rare) this.#rareFields = {};
    if (rare) this.#rare.read(this.#rareFields, {});
    this.#repeated = { ...this.#static, ...this.#rareFields };
    this.#repeatedTags = { ...this.#staticTags };
    if (rare) this.#margin.read(this.#repeated, {});
    this.#full.read(this.#repeated, this.#repeatedTags);
    this.#mig.refresh();
    const between = this.#gpm.read();
    if (!first) return { ...between, ...meanAndMax(this.#utilization.read(nowUs)) };
    this.#utilization.skipTo(nowUs);
    return undefined;
  }

  #readEnergy(): DeviceDraft['energy'] {
    const { library, answer, clock } = this.#around;
    const call = library.find('nvmlDeviceGetTotalEnergyConsumption');
    if (call === undefined || !this.#energySupported) return undefined;
    const code = call(this.identity.handle, answer.bytes);
    throwIfGone(code, 'nvmlDeviceGetTotalEnergyConsumption');
    if (isUnsupported(code)) this.#energySupported = false;
    const millijoules = code === NVML.SUCCESS ? answer.u64(0) : undefined;
    if (millijoules === undefined || millijoules > Number.MAX_SAFE_INTEGER) return undefined;
    return { joules: millijoules / 1000, atMonotonicMs: clock.monotonicMs() };
  }

  /** A divided GPU tells of its processes itself only to the privileged; its parts tell everyone. */
  #readProcesses(): readonly GpuProcess[] | undefined {
    const whole = this.#around.processes.read([this.identity.handle]);
    const parts = this.#mig.handles;
    if (parts.length === 0 || (whole !== undefined && whole.length > 0)) return whole;
    return this.#around.processes.read(parts) ?? whole;
  }
}

const STATIC_TEXTS = [
  ['serial', 'nvmlDeviceGetSerial'],
  ['vbios_version', 'nvmlDeviceGetVbiosVersion'],
] as const;

type TextSymbol = `nvmlDeviceGet${'UUID' | 'Name' | 'Serial' | 'VbiosVersion'}`;

const TEXT_BYTES = 96;

/** A text of a GPU; undefined where it has none. Throws where the GPU or the driver is gone. */
export function readText(
  { library, answer }: Pick<DeviceSurroundings, 'library' | 'answer'>,
  symbol: TextSymbol,
  handle: number,
): string | undefined {
  const code = library.find(symbol)?.(handle, answer.bytes, TEXT_BYTES);
  if (code === undefined) return undefined;
  throwIfGone(code, symbol);
  return code === NVML.SUCCESS ? answer.text(TEXT_BYTES) : undefined;
}

function meanAndMax(samples: Samples | undefined): FieldsOf<'gpu_activity'> {
  if (samples === undefined) return {};
  let sum = 0;
  let max = 0;
  for (const value of samples.values) {
    sum += value;
    max = Math.max(max, value);
  }
  return {
    utilization_mean_ratio: sum / samples.values.length / 100,
    utilization_max_ratio: max / 100,
  };
}
