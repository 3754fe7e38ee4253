import type { GpuProcess } from '../gpu-reader.ts';
import { Answer } from './answer.ts';
import { mib } from './conversion.ts';
import type { NvmlLibrary, NvmlSymbol } from './nvml-library.ts';
import type { ProcessNames } from './process-names.ts';
import { isUnsupported, NVML, throwIfGone } from './return-code.ts';

interface Listing {
  readonly symbol: NvmlSymbol;
  readonly entryBytes: number;
}

/** The newest the driver has, then older ones; since the second version an entry also names the MIG instance. */
const COMPUTE: readonly Listing[] = [
  { symbol: 'nvmlDeviceGetComputeRunningProcesses_v3', entryBytes: 24 },
  { symbol: 'nvmlDeviceGetComputeRunningProcesses_v2', entryBytes: 24 },
  { symbol: 'nvmlDeviceGetComputeRunningProcesses', entryBytes: 16 },
];
const GRAPHICS: readonly Listing[] = [
  { symbol: 'nvmlDeviceGetGraphicsRunningProcesses_v3', entryBytes: 24 },
  { symbol: 'nvmlDeviceGetGraphicsRunningProcesses_v2', entryBytes: 24 },
  { symbol: 'nvmlDeviceGetGraphicsRunningProcesses', entryBytes: 16 },
];

const MEMORY_AT = 8;
const FIRST_CAPACITY = 64;
const MOST_PROCESSES = 4096;
const SPARE_PROCESSES = 16;
const MOST_TRIES = 3;

/** Memory by pid, undefined where the driver does not say how much. */
type Held = Map<number, number | undefined>;

/** Lists the processes of any GPU or MIG device, in memory that is reused. */
export class ProcessList {
  readonly #library: NvmlLibrary;
  readonly #names: ProcessNames;
  readonly #count = new Answer(8);
  #entries = new Answer(FIRST_CAPACITY * 24);
  #capacity = FIRST_CAPACITY;

  constructor(library: NvmlLibrary, names: ProcessNames) {
    this.#library = library;
    this.#names = names;
  }

  /**
   * The processes of all handles together, each once; undefined where the driver does not tell. One that computes
   * and draws stands in both listings with the same memory; one on several MIG devices holds their sum.
   */
  read(handles: readonly number[]): readonly GpuProcess[] | undefined {
    const compute: Held = new Map();
    const graphics: Held = new Map();
    let told = false;
    for (const handle of handles) {
      told = this.#list(handle, COMPUTE, compute) || told;
      told = this.#list(handle, GRAPHICS, graphics) || told;
    }
    const pids = new Set([...compute.keys(), ...graphics.keys()]);
    return told ? [...pids].map((pid) => this.#describe(pid, compute, graphics)) : undefined;
  }

  #describe(pid: number, compute: Held, graphics: Held): GpuProcess {
    const bytes = compute.get(pid) ?? graphics.get(pid);
    const usedMemoryMib = bytes === undefined ? undefined : mib(bytes);
    return {
      pid,
      name: this.#names.of(pid),
      type: compute.has(pid) ? (graphics.has(pid) ? 'C+G' : 'C') : 'G',
      ...(usedMemoryMib !== undefined && { usedMemoryMib }),
    };
  }

  /** Adds what the newest function that works lists; false where none does. */
  #list(handle: number, listings: readonly Listing[], held: Held): boolean {
    for (const { symbol, entryBytes } of listings) {
      const code = this.#fill(handle, symbol);
      if (code === undefined || isUnsupported(code)) continue;
      if (code === NVML.SUCCESS) this.#take(entryBytes, held);
      return code === NVML.SUCCESS;
    }
    return false;
  }

  #fill(handle: number, symbol: NvmlSymbol): number | undefined {
    const call = this.#library.find(symbol);
    if (call === undefined) return undefined;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      this.#count.words[0] = this.#capacity;
      const code = call(handle, this.#count.bytes, this.#entries.bytes);
      throwIfGone(code, symbol);
      if (code !== NVML.INSUFFICIENT_SIZE || !this.#grow(this.#count.words[0])) return code;
    }
    return NVML.INSUFFICIENT_SIZE;
  }

  #grow(wanted: number): boolean {
    if (this.#capacity >= MOST_PROCESSES) return false;
    this.#capacity = Math.min(Math.max(wanted + SPARE_PROCESSES, 2 * this.#capacity), MOST_PROCESSES);
    this.#entries = new Answer(this.#capacity * 24);
    return true;
  }

  /** A divided GPU lists a process once for each instance that it is on. */
  #take(entryBytes: number, held: Held): void {
    const listed = Math.min(this.#count.words[0], this.#capacity);
    for (let i = 0; i < listed; i++) {
      const pid = this.#entries.words[(i * entryBytes) >> 2];
      if (pid === 0) continue;
      const bytes = this.#entries.u64(i * entryBytes + MEMORY_AT);
      const before = held.get(pid);
      held.set(pid, bytes === undefined || before === undefined ? (bytes ?? before) : bytes + before);
    }
  }
}
