import type { MigReading } from '../gpu-reader.ts';
import { Answer } from './answer.ts';
import { count, mib, mibRoundedUp } from './conversion.ts';
import { type Draft, rulesOf } from './field-rule.ts';
import type { NvmlLibrary, NvmlSymbol } from './nvml-library.ts';
import { Inquiry, type Question, structVersion } from './question.ts';
import { isUnsupported, NVML, throwIfGone } from './return-code.ts';

const mig = rulesOf<'nvidia_smi_mig'>();
const MOST_DEVICES = 64;

const quickMigQuestions: readonly Question[] = [
  {
    symbol: 'nvmlDeviceGetMemoryInfo_v2',
    words: [structVersion(40, 2)],
    rules: [
      mig('memory_fb_total', [8, 'u64'], mib),
      mig('memory_fb_reserved', [16, 'u64'], mib),
      mig('memory_fb_free', [24, 'u64'], mibRoundedUp),
      mig('memory_fb_used', [32, 'u64'], mibRoundedUp),
    ],
    otherwise: {
      symbol: 'nvmlDeviceGetMemoryInfo',
      rules: [
        mig('memory_fb_total', [0, 'u64'], mib),
        mig('memory_fb_free', [8, 'u64'], mibRoundedUp),
        mig('memory_fb_used', [16, 'u64'], mibRoundedUp),
      ],
    },
  },
];

const fullMigQuestions: readonly Question[] = [
  {
    symbol: 'nvmlDeviceGetBAR1MemoryInfo',
    rules: [
      mig('memory_bar1_total', [0, 'u64'], mib),
      mig('memory_bar1_free', [8, 'u64'], mibRoundedUp),
      mig('memory_bar1_used', [16, 'u64'], mib),
    ],
  },
  {
    // Uncorrected, since the driver was loaded, SRAM.
    symbol: 'nvmlDeviceGetMemoryErrorCounter',
    inputs: [1, 0, 7],
    rules: [mig('sram_uncorrectable', [0, 'u64'], count)],
  },
];

interface MigDevice {
  readonly handle: number;
  readonly index: number;
  readonly gpuInstance: number;
  readonly computeInstance: number;
  readonly quick: Inquiry;
  readonly slow: Draft;
}

/** The MIG devices of one GPU; looked for in full readings, as they come and go without a reset. */
export class MigDevices {
  readonly #library: NvmlLibrary;
  readonly #handle: number;
  readonly #answer: Answer;
  readonly #output = new Answer(16);
  readonly #second = this.#output.slice(8);
  #devices: readonly MigDevice[] = [];
  #possible = true;

  constructor(library: NvmlLibrary, handle: number, answer: Answer) {
    this.#library = library;
    this.#handle = handle;
    this.#answer = answer;
  }

  get handles(): readonly number[] {
    return this.#devices.map(({ handle }) => handle);
  }

  /** Looks anew which there are, and reads what is dear. */
  refresh(): void {
    this.#devices = this.#divided() ? this.#find() : [];
  }

  read(): readonly MigReading[] {
    return this.#devices.map(({ index, gpuInstance, computeInstance, quick, slow }) => {
      const draft: Draft = {};
      quick.read(draft);
      return { index, gpuInstance, computeInstance, fields: { ...slow, ...draft } };
    });
  }

  #divided(): boolean {
    if (!this.#possible) return false;
    const call = this.#library.find('nvmlDeviceGetMigMode');
    const code = call?.(this.#handle, this.#output.bytes, this.#second) ?? NVML.FUNCTION_NOT_FOUND;
    throwIfGone(code, 'nvmlDeviceGetMigMode');
    this.#possible = !isUnsupported(code);
    return code === NVML.SUCCESS && this.#output.words[0] === 1;
  }

  #find(): readonly MigDevice[] {
    const most = Math.min(this.#number('nvmlDeviceGetMaxMigDeviceCount', this.#handle) ?? 0, MOST_DEVICES);
    return Array.from({ length: most }, (_, index) => this.#open(index)).filter((one) => one !== undefined);
  }

  #open(index: number): MigDevice | undefined {
    const call = this.#library.find('nvmlDeviceGetMigDeviceHandleByIndex');
    if (call?.(this.#handle, index, this.#output.bytes) !== NVML.SUCCESS) return undefined;
    const handle = this.#output.u64(0);
    if (handle === undefined) return undefined;
    const gpuInstance = this.#number('nvmlDeviceGetGpuInstanceId', handle);
    const computeInstance = this.#number('nvmlDeviceGetComputeInstanceId', handle);
    if (gpuInstance === undefined || computeInstance === undefined) return undefined;
    const slow: Draft = {};
    new Inquiry(this.#library, handle, this.#answer).add(fullMigQuestions).read(slow);
    const quick = new Inquiry(this.#library, handle, this.#answer).add(quickMigQuestions);
    return { handle, index, gpuInstance, computeInstance, quick, slow };
  }

  #number(symbol: NvmlSymbol, handle: number): number | undefined {
    const code = this.#library.find(symbol)?.(handle, this.#output.bytes);
    return code === NVML.SUCCESS ? this.#output.read('u32', 0) : undefined;
  }
}
