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

interface Found {
  readonly compute: boolean;
  readonly graphics: boolean;
  readonly bytes: number | undefined;
}

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
   * The processes of all handles together, each once; undefined where the driver does not tell. A process that
   * computes and draws is listed by both calls with the same memory; one on several MIG devices holds their sum.
   */
  read(handles: readonly number[]): readonly GpuProcess[] | undefined {
    const found = new Map<number, Found>();
    let told = false;
    for (const handle of handles) {
      const here = new Map<number, Found>();
      told = this.#list(handle, COMPUTE, here, true) || told;
      told = this.#list(handle, GRAPHICS, here, false) || told;
      for (const [pid, one] of here) found.set(pid, together(found.get(pid), one));
    }
    return told ? [...found].map(([pid, one]) => this.#describe(pid, one)) : undefined;
  }

  #describe(pid: number, { compute, graphics, bytes }: Found): GpuProcess {
    const usedMemoryMib = bytes === undefined ? undefined : mib(bytes);
    return {
      pid,
      name: this.#names.of(pid),
      type: compute ? (graphics ? 'C+G' : 'C') : 'G',
      ...(usedMemoryMib !== undefined && { usedMemoryMib }),
    };
  }

  #list(handle: number, listings: readonly Listing[], found: Map<number, Found>, compute: boolean): boolean {
    for (const { symbol, entryBytes } of listings) {
      const code = this.#fill(handle, symbol);
      if (code === undefined || isUnsupported(code)) continue;
      if (code === NVML.SUCCESS) this.#take(entryBytes, found, compute);
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

  #take(entryBytes: number, found: Map<number, Found>, compute: boolean): void {
    const listed = Math.min(this.#count.words[0], this.#capacity);
    for (let i = 0; i < listed; i++) {
      const pid = this.#entries.words[(i * entryBytes) >> 2];
      if (pid === 0) continue;
      const bytes = this.#entries.u64(i * entryBytes + MEMORY_AT);
      const other = found.get(pid);
      found.set(pid, {
        compute: compute || other?.compute === true,
        graphics: !compute || other?.graphics === true,
        bytes: bytes ?? other?.bytes,
      });
    }
  }
}

function together(one: Found | undefined, other: Found): Found {
  if (one === undefined) return other;
  return {
    compute: one.compute || other.compute,
    graphics: one.graphics || other.graphics,
    bytes:
      one.bytes === undefined && other.bytes === undefined
        ? undefined
        : (one.bytes ?? 0) + (other.bytes ?? 0),
  };
}
