import type { Clock } from '../../core/clock.ts';
import { GpuFailure, type LostDevice } from '../gpu-reader.ts';
import { Answer } from './answer.ts';
import type { Draft } from './field-rule.ts';
import { type DeviceSurroundings, NvmlDevice, readText } from './nvml-device.ts';
import { NvmlLibrary } from './nvml-library.ts';
import { ProcessList } from './process-list.ts';
import { ProcessNames } from './process-names.ts';
import { NVML, NvmlFailure, throwIfGone } from './return-code.ts';

/** Room for any answer but lists: the longest is a text of 96 bytes or the SRAM status of 104. */
const ANSWER_BYTES = 256;
const VERSION_BYTES = 80;
const MOST_GPUS = 256;

export interface SessionOptions {
  readonly libraryPath: string;
  readonly uuids: readonly string[] | undefined;
  readonly clock: Clock;
}

/** The library between init and shutdown, and the GPUs found. */
export class NvmlSession {
  readonly notes: string[] = [];
  readonly #around: DeviceSurroundings;
  readonly #names: ProcessNames;
  readonly #wanted: ReadonlySet<string> | undefined;
  readonly #devices = new Map<number, NvmlDevice>();
  readonly #lost = new Map<number, LostDevice>();

  /** Throws a `GpuFailure` where there is no driver to open. */
  static open({ libraryPath, uuids, clock }: SessionOptions): NvmlSession {
    const library = new NvmlLibrary(libraryPath);
    try {
      const init = library.findFirst('nvmlInit_v2', 'nvmlInit');
      if (init === undefined) throw new GpuFailure('failed', `${libraryPath} is not NVML`);
      const code = init();
      if (code !== NVML.SUCCESS) throw new NvmlFailure(code, 'nvmlInit');
      const session = new NvmlSession(library, uuids, clock);
      session.#findDevices();
      return session;
    } catch (error) {
      library.find('nvmlShutdown')?.();
      library.unload();
      throw error;
    }
  }

  private constructor(library: NvmlLibrary, uuids: readonly string[] | undefined, clock: Clock) {
    this.#names = new ProcessNames(library);
    this.#around = {
      library,
      answer: new Answer(ANSWER_BYTES),
      processes: new ProcessList(library, this.#names),
      driver: {},
      clock,
    };
    this.#wanted = uuids && new Set(uuids);
    Object.assign(this.#around.driver, readDriver(this.#around));
  }

  /** By index. */
  get devices(): readonly NvmlDevice[] {
    return [...this.#devices.values()].sort((a, b) => a.identity.index - b.identity.index);
  }

  get lost(): readonly LostDevice[] {
    return [...this.#lost.values()];
  }

  lose(device: NvmlDevice, { kind, message }: GpuFailure): void {
    const { index, uuid } = device.identity;
    device.close();
    this.#devices.delete(index);
    this.#lost.set(index, { index, uuid, kind, reason: message });
  }

  /** Tries the lost ones again. */
  lookForLost(): void {
    for (const { index, uuid } of [...this.#lost.values()]) this.#open(index, uuid);
  }

  /** After a reading that asked for processes. */
  forgetProcesses(): void {
    this.#names.forgetOthers();
  }

  close(): void {
    for (const device of this.#devices.values()) device.close();
    this.#devices.clear();
    this.#around.library.find('nvmlShutdown')?.();
    this.#around.library.unload();
  }

  #findDevices(): void {
    const number = this.#count();
    for (let index = 0; index < number; index++) this.#open(index, undefined);
    const found = new Set(this.devices.map(({ identity }) => identity.uuid));
    // A GPU that cannot be named is none of ours if all of ours were found.
    if (found.size === this.#wanted?.size) this.#lost.clear();
    for (const uuid of this.#wanted ?? []) {
      if (!found.has(uuid))
        this.notes.push(`gpu.devices: ${uuid} is not among the GPUs that the driver shows`);
    }
    if (number === 0) throw new GpuFailure('not_installed', 'the NVIDIA driver knows no GPU');
    if (found.size === 0 && this.#lost.size === 0) {
      throw new GpuFailure('failed', 'none of the GPUs of gpu.devices is among those that the driver shows');
    }
  }

  #count(): number {
    const { library, answer } = this.#around;
    const code = library.findFirst('nvmlDeviceGetCount_v2', 'nvmlDeviceGetCount')?.(answer.bytes);
    if (code !== NVML.SUCCESS) throw new NvmlFailure(code ?? NVML.FUNCTION_NOT_FOUND, 'nvmlDeviceGetCount');
    const number = answer.read('u32', 0);
    if (number !== undefined && number <= MOST_GPUS) return number;
    throw new GpuFailure('failed', `the driver speaks of ${number ?? 'no number of'} GPUs`);
  }

  #open(index: number, knownUuid: string | undefined): void {
    try {
      const device = this.#find(index);
      this.#lost.delete(index);
      if (device === undefined) return;
      this.#devices.set(index, device);
      if (!device.hasGpm)
        this.#note(`${device.identity.name}: no tensor or SM activity, which needs GPM (Hopper or later)`);
    } catch (error) {
      if (!(error instanceof NvmlFailure) || !error.ofOneGpu) throw error;
      const uuid = knownUuid === undefined ? {} : { uuid: knownUuid };
      this.#lost.set(index, { index, ...uuid, kind: error.kind, reason: error.message });
    }
  }

  /** Undefined where it is not one that we are to read. */
  #find(index: number): NvmlDevice | undefined {
    const { library, answer } = this.#around;
    const byIndex = library.findFirst('nvmlDeviceGetHandleByIndex_v2', 'nvmlDeviceGetHandleByIndex');
    const code = byIndex?.(index, answer.bytes) ?? NVML.FUNCTION_NOT_FOUND;
    const handle = answer.u64(0);
    if (code !== NVML.SUCCESS || handle === undefined)
      throw new NvmlFailure(code, 'nvmlDeviceGetHandleByIndex');
    const uuid = readText(this.#around, 'nvmlDeviceGetUUID', handle);
    if (uuid === undefined) throw new NvmlFailure(NVML.UNKNOWN, 'nvmlDeviceGetUUID');
    if (this.#wanted !== undefined && !this.#wanted.has(uuid)) return undefined;
    const name = readText(this.#around, 'nvmlDeviceGetName', handle) ?? 'unknown';
    return new NvmlDevice({ handle, index, uuid, name }, this.#around);
  }

  #note(text: string): void {
    if (!this.notes.includes(text)) this.notes.push(text);
  }
}

function readDriver({ library, answer }: DeviceSurroundings): Draft {
  const draft: Draft = {};
  const driver = library.find('nvmlSystemGetDriverVersion')?.(answer.bytes, VERSION_BYTES);
  const version = driver === NVML.SUCCESS ? answer.text(VERSION_BYTES) : undefined;
  if (version !== undefined) draft['driver_version'] = version;
  const code = library.find('nvmlSystemGetCudaDriverVersion_v2')?.(answer.bytes) ?? NVML.FUNCTION_NOT_FOUND;
  throwIfGone(code, 'nvmlSystemGetCudaDriverVersion_v2');
  const cuda = code === NVML.SUCCESS ? answer.read('u32', 0) : undefined;
  if (cuda !== undefined && cuda < 1_000_000) {
    draft['cuda_version'] = `${Math.floor(cuda / 1000)}.${Math.floor((cuda % 1000) / 10)}`;
  }
  return draft;
}
