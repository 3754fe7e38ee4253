import type { FieldsOf } from '../core/point.ts';

export type GpuSource = 'nvml' | 'nvidia-smi' | 'simulated';

/** Why a reading failed, as a user would search for it. */
export type GpuFailureKind =
  | 'not_installed' // no driver library, no program
  | 'driver_mismatch' // the library is of another version than the kernel module
  | 'permission'
  | 'lost' // fell off the bus, or needs a reset
  | 'hung' // no answer within the deadline
  | 'failed'; // anything else

/** A reading that could not be made; `message` is one sentence for the log, the status and the page. */
export class GpuFailure extends Error {
  readonly kind: GpuFailureKind;

  constructor(kind: GpuFailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'GpuFailure';
    this.kind = kind;
  }
}

export interface ReadRequest {
  /** Also what is dear or changes rarely: utilization samples, GPM, energy, limits, ECC, MIG. */
  readonly full: boolean;
  /** Also the power samples since the last reading that asked for them; the driver keeps some 2.4 s. */
  readonly power: boolean;
  readonly processes: boolean;
}

/** Memory of one process on one GPU. */
export interface GpuProcess {
  readonly pid: number;
  readonly name: string;
  readonly type: 'C' | 'G' | 'C+G';
  /** Absent where the driver does not say. */
  readonly usedMemoryMib?: number;
}

export interface MigReading {
  /** Of the MIG device, its GPU instance and its compute instance. */
  readonly index: number;
  readonly gpuInstance: number;
  readonly computeInstance: number;
  readonly fields: FieldsOf<'nvidia_smi_mig'>;
}

/** The driver's power samples, some 20 ms apart, oldest first; both arrays have the same length. */
export interface PowerSamples {
  /** How long before the end of the reading each was taken. */
  readonly agoMs: Float64Array;
  readonly watts: Float64Array;
}

/** What one GPU said. What it does not support is absent; "not available" never stands for a value. */
export interface DeviceReading {
  /** As the driver counts. */
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  readonly arch?: string;
  readonly computeMode?: string;
  readonly pstate?: string;
  /** Of a reading that is not full: what a full one adds is repeated from the last full one. */
  readonly fields: FieldsOf<'nvidia_smi'>;
  /** Absent: not asked for, or not for us to see. */
  readonly processes?: readonly GpuProcess[];
  /** Empty unless the GPU is divided. */
  readonly mig: readonly MigReading[];
  /** Full readings only, from the second on: what ran since the last full one. Without `energy_joules`. */
  readonly activity?: FieldsOf<'gpu_activity'>;
  /** Full readings only: the counter since the driver was loaded, and how long before the reading's end it was read. */
  readonly energy?: { readonly joules: number; readonly agoMs: number };
  readonly power?: PowerSamples;
}

/** A GPU that gave nothing this time; the others did. */
export interface LostDevice {
  readonly index: number;
  readonly uuid?: string;
  readonly kind: GpuFailureKind;
  readonly reason: string;
}

export interface GpuReading {
  readonly devices: readonly DeviceReading[];
  readonly lost: readonly LostDevice[];
  /** What a user should know once, such as GPUs without GPM. Stable texts: each is logged when first seen. */
  readonly notes: readonly string[];
}

/**
 * One way to read all GPUs of the machine. Lives in the child process, where a call that hangs or crashes harms
 * nobody else; may block. `open` and `read` reject with a `GpuFailure` when there is nothing to read at all.
 */
export interface GpuReader {
  readonly source: GpuSource;
  /** May be called again after a failure or `close`. */
  open(): Promise<void>;
  read(request: ReadRequest): Promise<GpuReading>;
  close(): void;
}
