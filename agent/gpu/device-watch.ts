import type { Degradation } from '../core/health.ts';
import type { Logger } from '../core/logger.ts';
import type { GpuDeviceStatus } from '../core/status.ts';
import type { GpuReading, LostDevice } from './gpu-reader.ts';

/** Of a reader's stable texts; more are a bug of the reader that must not fill the log. */
const MAX_NOTES = 50;

/** Which GPUs there are, which are gone since when, and what was told of them: each once in the log. */
export class DeviceWatch {
  readonly #log: Logger;
  readonly #notes = new Set<string>();
  readonly #lostSinceMs = new Map<string, number>();
  /** Of the first reading. */
  #firstMs = 0;
  #reading: GpuReading = { devices: [], lost: [], notes: [] };

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Those that answered last. */
  get devices(): readonly GpuDeviceStatus[] {
    return this.#reading.devices.map(({ index, uuid, name }) => ({ index, uuid, name }));
  }

  get lost(): readonly LostDevice[] {
    return this.#reading.lost;
  }

  get notes(): readonly string[] {
    return this.#reading.notes;
  }

  note(reading: GpuReading, nowMs: number): void {
    this.#firstMs ||= nowMs;
    for (const device of reading.lost) this.#noteLost(device, nowMs);
    for (const key of [...this.#lostSinceMs.keys()]) {
      if (reading.lost.some((device) => keyOf(device) === key)) continue;
      this.#lostSinceMs.delete(key);
      this.#log.info({ gpu: key }, 'a GPU answers again, or is there no more');
    }
    for (const note of reading.notes) {
      if (this.#notes.has(note) || this.#notes.size >= MAX_NOTES) continue;
      this.#notes.add(note);
      this.#log.info({ note }, 'a note of the GPU reader');
    }
    this.#reading = reading;
  }

  /** `own`: UUIDs of the GPUs that are ours; as long as they are not known, all are. */
  isOwn(own: readonly string[] | undefined): (uuid: string) => boolean {
    if (own === undefined) return () => true;
    const wanted = new Set(own);
    return (uuid) => wanted.has(uuid);
  }

  /**
   * Of ours: those that answer no more, and those that are not there. A lost one without a UUID may be ours as long as
   * one of ours is missing.
   */
  degradations(own: readonly string[] | undefined): readonly Degradation[] {
    const isOwn = this.isOwn(own);
    const { lost, devices } = this.#reading;
    const known = new Set([...devices, ...lost].map(({ uuid }) => uuid));
    const missing = (own ?? []).filter((uuid) => !known.has(uuid));
    const mayBeOwn = own === undefined || missing.length > 0;
    const silent = lost.filter(({ uuid }) => (uuid === undefined ? mayBeOwn : isOwn(uuid)));
    const absent = devices.length === 0 ? [] : missing;
    return [
      ...silent.map((device) => this.#degradation(keyOf(device), `gpu:${device.index}`, device.reason)),
      ...absent.map((uuid) =>
        this.#degradation(uuid, `gpu:${uuid}`, `${uuid} is not among the GPUs that the driver shows`),
      ),
    ];
  }

  #degradation(key: string, component: string, reason: string): Degradation {
    const sinceMs = this.#lostSinceMs.get(key) ?? this.#firstMs;
    return { component, reason, sinceMs };
  }

  #noteLost(device: LostDevice, nowMs: number): void {
    const key = keyOf(device);
    if (this.#lostSinceMs.has(key)) return;
    this.#lostSinceMs.set(key, nowMs);
    this.#log.warn({ gpu: key, kind: device.kind, reason: device.reason }, 'a GPU gives nothing any more');
  }
}

function keyOf({ index, uuid }: LostDevice): string {
  return uuid ?? String(index);
}
