import type { GpuOwnership, GpuSample } from '../core/gpu-sample.ts';
import { Sharing } from './ledger-slice.ts';

export interface AttributionOptions {
  /** `gpu.devices` of the config. */
  readonly devices: 'auto' | readonly string[];
  /** What the kubelet gave the pod; absent: it is not asked. */
  readonly ofPod?: () => GpuOwnership;
  /**
   * Pids of the watched process, as the host counts; absent: none is watched. In a container of its own pid namespace
   * they match nothing, for the driver reports host pids.
   */
  readonly watchedPids?: () => readonly number[];
}

const UUID_PREFIX = 'GPU-';

/**
 * Which GPUs are the server's: what spans say in their label; else the config; else what the kubelet gave the
 * pod; else where the watched process runs; else the only visible one; else none, never all (SEMANTICS 19).
 */
export class GpuAttribution {
  readonly #options: AttributionOptions;
  readonly #visible = new Set<string>();
  readonly #labelled = new Set<string>();
  /** Where the watched process was last seen: it may give its memory back for a while. */
  #watched: ReadonlySet<string> = new Set();
  #watchedPids: ReadonlySet<number> = new Set();

  constructor(options: AttributionOptions) {
    this.#options = options;
  }

  /** Whether any GPU answered since the start. */
  get hasVisible(): boolean {
    return this.#visible.size > 0;
  }

  /** Spans say that they ran on these. */
  see(uuids: readonly string[]): void {
    for (const uuid of uuids) this.#labelled.add(uuid);
  }

  /** What all GPUs that answered said. */
  record(samples: readonly GpuSample[]): void {
    const pids = new Set(this.#options.watchedPids?.() ?? []);
    this.#watchedPids = pids;
    for (const { uuid } of samples) this.#visible.add(uuid);
    const watched = samples.filter(({ processIds }) => processIds?.some((pid) => pids.has(pid)));
    if (watched.length > 0) this.#watched = new Set(watched.map(({ uuid }) => uuid));
  }

  /** Of everything that the agent publishes about GPUs. */
  ownership(): GpuOwnership {
    const labelled = [...this.#labelled]
      .map((name) => this.#known(name))
      .filter((uuid) => this.#visible.has(uuid));
    if (labelled.length === 0) return this.unlabelled();
    return { uuids: labelled.sort(), reason: 'the spans name it in their gpu label' };
  }

  /** Of the spans that do not say where they ran. */
  unlabelled(): GpuOwnership {
    const { devices, ofPod, watchedPids } = this.#options;
    if (devices !== 'auto') return { uuids: devices, reason: 'the config names it in gpu.devices' };
    const given = ofPod?.();
    if (given?.uuids !== undefined) return given;
    if (this.#watched.size > 0)
      return { uuids: [...this.#watched], reason: 'the watched process runs on it' };
    if (this.#visible.size === 1) return { uuids: [...this.#visible], reason: 'it is the only visible GPU' };
    if (this.#visible.size === 0) return { reason: 'no GPU has answered yet' };
    const process =
      watchedPids === undefined ? 'no process is watched' : 'the watched process was seen on none of them';
    const facts = ['spans carry no gpu label', 'gpu.devices is auto', ...(given ? [given.reason] : [])];
    return { reason: `${this.#visible.size} GPUs are visible, ${facts.join(', ')}, and ${process}` };
  }

  /** The GPUs of spans with these names in their label; without names, those of `unlabelled`. */
  resolve(names: readonly string[]): readonly string[] {
    return names.length > 0 ? names.map((name) => this.#known(name)) : (this.unlabelled().uuids ?? []);
  }

  /**
   * Whether a foreign process is on a GPU. Where the server's own are not known there, one process is taken for
   * the server, and more than one for a foreign one among them. An empty list says nothing: whoever is busy has a
   * process there, but nvidia-smi in a container of its own pid namespace lists none.
   */
  sharingOf({ processIds }: GpuSample): Sharing {
    if (processIds === undefined || processIds.length === 0) return Sharing.unknown;
    const own = processIds.filter((pid) => this.#watchedPids.has(pid)).length;
    const foreign = own > 0 ? processIds.length - own : processIds.length - 1;
    return foreign > 0 ? Sharing.shared : Sharing.exclusive;
  }

  /** Some libraries leave the prefix of a uuid out. */
  #known(name: string): string {
    const prefixed = UUID_PREFIX + name;
    return !this.#visible.has(name) && this.#visible.has(prefixed) ? prefixed : name;
  }
}
