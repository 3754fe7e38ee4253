import { GpuFailure, type GpuFailureKind } from '../gpu-reader.ts';

/** The return codes of NVML that we tell apart; nvml.h, `nvmlReturn_enum`. */
export const NVML = {
  SUCCESS: 0,
  UNINITIALIZED: 1,
  NOT_SUPPORTED: 3,
  NO_PERMISSION: 4,
  INSUFFICIENT_SIZE: 7,
  DRIVER_NOT_LOADED: 9,
  FUNCTION_NOT_FOUND: 13,
  GPU_IS_LOST: 15,
  RESET_REQUIRED: 16,
  LIB_RM_VERSION_MISMATCH: 18,
  ARGUMENT_VERSION_MISMATCH: 25,
  DEPRECATED: 26,
  UNKNOWN: 999,
} as const;

interface Meaning {
  readonly kind: GpuFailureKind;
  readonly words: string;
}

const MEANINGS: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [NVML.UNINITIALIZED, { kind: 'failed', words: 'the driver was loaded anew and has to be opened again' }],
  [NVML.NO_PERMISSION, { kind: 'permission', words: 'the driver does not let this user read it' }],
  [NVML.DRIVER_NOT_LOADED, { kind: 'not_installed', words: 'the NVIDIA kernel module is not loaded' }],
  [NVML.GPU_IS_LOST, { kind: 'lost', words: 'the GPU fell off the bus' }],
  [NVML.RESET_REQUIRED, { kind: 'lost', words: 'the GPU has to be reset' }],
  [
    NVML.LIB_RM_VERSION_MISMATCH,
    { kind: 'driver_mismatch', words: 'the driver library is of another version than the kernel module' },
  ],
  [NVML.UNKNOWN, { kind: 'lost', words: 'the GPU answers with unknown errors only' }],
]);

const UNSUPPORTED: ReadonlySet<number> = new Set([
  NVML.NOT_SUPPORTED,
  NVML.FUNCTION_NOT_FOUND,
  NVML.ARGUMENT_VERSION_MISMATCH,
  NVML.DEPRECATED,
]);

const OF_THE_DRIVER: ReadonlySet<number> = new Set([
  NVML.UNINITIALIZED,
  NVML.DRIVER_NOT_LOADED,
  NVML.LIB_RM_VERSION_MISMATCH,
]);

/** A call whose failure ends the reading of a GPU, or of all of them. */
export class NvmlFailure extends GpuFailure {
  readonly code: number;

  constructor(code: number, where: string) {
    const { kind, words } = MEANINGS.get(code) ?? { kind: 'failed', words: 'the driver refused' };
    super(kind, `${words} (${where}: NVML code ${code})`);
    this.name = 'NvmlFailure';
    this.code = code;
  }

  /** False where no GPU can be read any more. */
  get ofOneGpu(): boolean {
    return !OF_THE_DRIVER.has(this.code);
  }
}

/** Whether asking again is pointless until the reader is opened anew. */
export function isUnsupported(code: number): boolean {
  return UNSUPPORTED.has(code);
}

/** Throws where the code means that this GPU, or the driver, cannot be asked anything more. */
export function throwIfGone(code: number, where: string): void {
  if (code === NVML.GPU_IS_LOST || code === NVML.RESET_REQUIRED || OF_THE_DRIVER.has(code)) {
    throw new NvmlFailure(code, where);
  }
}
