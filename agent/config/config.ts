import type { ListenOptions } from '../core/listen-options.ts';

/** The effective configuration. Absent optional values are off. */
export interface Config {
  readonly intervalMs: number;
  /** Ascending; the first is the interval. */
  readonly windowsMs: readonly number[];
  readonly latenessMs: number;
  /** Bounds an octave of `inference_histogram`. Absent: off. */
  readonly histogram?: 4 | 8;
  /** Slices that must be kept for the longest window and late spans: (Wmax + L) / I + 2. */
  readonly ringSlices: number;
  readonly tags: Readonly<Record<string, string>>;
  /** Absent: from pod or host name, see identity.ts. */
  readonly instance?: string;
  readonly dataDir: string;
  readonly listen: {
    readonly grpc: ListenOptions;
    /** Path of a Unix socket. */
    readonly socket?: string;
    readonly otlpHttp?: ListenOptions;
    readonly http?: ListenOptions;
    readonly health?: ListenOptions;
  };
  readonly slo: readonly SloConfig[];
  readonly match: readonly MatchConfig[];
  readonly watch?: WatchConfig;
  readonly gpu: GpuConfig;
  readonly baseline: BaselineConfig;
  readonly scrape: readonly ScrapeConfig[];
  readonly labels: readonly string[];
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly format: 'json' | 'pretty' };
  readonly limits: {
    readonly series: number;
    readonly messageBytes: number;
    readonly labelBytes: number;
    readonly operators: number;
    readonly streams: number;
    readonly outboxBytes: number;
  };
  /** Absent: exports of OTLP end here. */
  readonly forward?: ForwardConfig;
  readonly exporters: {
    readonly local?: { readonly retentionMs: number; readonly maxBytes: number };
    readonly influxdb?: InfluxdbConfig;
    readonly prometheus?: Readonly<Record<string, never>>;
  };
}

/** Where OTLP exports go on to. */
export interface ForwardConfig {
  /** Without a slash at its end, and without credentials. */
  readonly endpoint: string;
  readonly protocol: 'grpc' | 'http/protobuf';
  readonly headers: Readonly<Record<string, string>>;
  readonly headersFile?: string;
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

interface SloConfig {
  readonly model: string;
  /** Absent: every variant of the model without an objective of its own. */
  readonly variant?: string;
  /** At least one of the two is there. */
  readonly latencyMs?: number;
  readonly ttftMs?: number;
}

/** What spans by OTLP do not say; at least `service` or `model` is there, and something that is set. */
interface MatchConfig {
  /** Patterns, with `*` for any characters. */
  readonly service?: string;
  readonly model?: string;
  readonly setModel?: string;
  readonly variant?: string;
  readonly expectTensor?: 'imma' | 'hmma';
  /** Above 0 to 1. */
  readonly sampleRate?: number;
}

/** The inference server's process. */
export type WatchConfig = { readonly pid: number } | { readonly name: string };

export interface GpuConfig {
  readonly source: 'auto' | 'nvml' | 'nvidia-smi' | 'none' | 'simulated';
  /** UUIDs of the GPUs that are ours. Absent: to be found out. */
  readonly devices?: readonly string[];
  /** The kubelet's socket. Absent: it is not asked whose a GPU is. */
  readonly podResources?: string;
  readonly intervalMs: number;
  readonly processes: boolean;
  /** Each process a series of its own. */
  readonly processId: boolean;
}

/** What is recorded of series. */
interface BaselineConfig {
  /** 0: nothing is. */
  readonly series: number;
  readonly keepMs: number;
  readonly maxBytes: number;
}

/** A server whose own metrics are read. */
interface ScrapeConfig {
  /** Without credentials; without a path: /metrics. */
  readonly url: string;
  readonly kind: 'vllm' | 'triton' | 'sglang' | 'tgi';
  /** Absent: every model. */
  readonly model?: string;
  readonly variant: string;
  readonly intervalMs: number;
  readonly tokenFile?: string;
}

export interface InfluxdbConfig {
  /** Without a slash at its end, and without credentials. */
  readonly url: string;
  readonly version: 'auto' | '1' | '2' | '3';
  readonly org?: string;
  readonly bucket?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly database?: string;
  readonly retentionPolicy?: string;
  readonly username?: string;
  readonly password?: string;
  readonly passwordFile?: string;
}
