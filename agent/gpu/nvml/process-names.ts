import { readFileSync } from 'node:fs';
import { Answer } from './answer.ts';
import type { NvmlLibrary } from './nvml-library.ts';
import { NVML, throwIfGone } from './return-code.ts';

const NAME_BYTES = 1024;
const MOST_KEPT = 4096;

/** Of a process that neither the driver nor we can see: one of another container. */
const UNKNOWN_NAME = 'unknown';

/** Names of processes on GPUs, each looked up once while it is listed. */
export class ProcessNames {
  readonly #library: NvmlLibrary;
  readonly #answer = new Answer(NAME_BYTES);
  #names = new Map<number, string>();
  #earlier = new Map<number, string>();

  constructor(library: NvmlLibrary) {
    this.#library = library;
  }

  of(pid: number): string {
    const known = this.#names.get(pid) ?? this.#earlier.get(pid);
    const name = known ?? this.#ofDriver(pid) ?? ofKernel(pid) ?? UNKNOWN_NAME;
    if (this.#names.size < MOST_KEPT) this.#names.set(pid, name);
    return name;
  }

  /** After each reading: who was not listed in it is forgotten, as its pid may come back as another program. */
  forgetOthers(): void {
    this.#earlier = this.#names;
    this.#names = new Map();
  }

  #ofDriver(pid: number): string | undefined {
    const code = this.#library.find('nvmlSystemGetProcessName')?.(pid, this.#answer.bytes, NAME_BYTES);
    if (code === undefined) return undefined;
    throwIfGone(code, 'nvmlSystemGetProcessName');
    return code === NVML.SUCCESS ? this.#answer.text(NAME_BYTES) : undefined;
  }
}

function ofKernel(pid: number): string | undefined {
  try {
    const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
    return name === '' ? undefined : name;
  } catch {
    return undefined;
  }
}
