import type { Clock } from '../../core/clock.ts';
import type { Component } from '../../core/component.ts';
import type { GpuOwnership } from '../../core/gpu-sample.ts';
import type { Degradation, HealthSource } from '../../core/health.ts';
import type { Logger } from '../../core/logger.ts';
import { BackOff } from '../back-off.ts';
import { type PodName, type PodResources, podGpus } from './pod-devices.ts';

export interface PodGpuOptions {
  /** `gpu.pod_resources` of the config. */
  readonly socketPath: string;
  /** Absent: POD_NAME or POD_NAMESPACE is not set. */
  readonly pod?: PodName;
}

interface PodGpuParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** Rejects with the reason. */
  readonly list: (socketPath: string, stopping: AbortSignal) => Promise<readonly PodResources[]>;
}

const COMPONENT = 'gpu.pod_resources';
/** A kubelet that starts again is away for some seconds. */
const FAILURES_TO_REPORT = 3;

/**
 * Asks the kubelet which GPUs it gave this pod, until it says: what a pod was given stays its own as long as it lives.
 * Until then, and where it cannot be asked, others say whose a GPU is; nothing waits for it.
 */
export class PodGpuFinder implements Component, HealthSource {
  readonly name = 'pod-gpu-finder';
  readonly #options: PodGpuOptions;
  readonly #parts: PodGpuParts;
  readonly #backOff: BackOff;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #ownership: GpuOwnership = { reason: 'the kubelet has not answered yet' };
  #failures = 0;
  #sinceMs = 0;

  constructor(options: PodGpuOptions, parts: PodGpuParts) {
    this.#options = options;
    this.#parts = parts;
    this.#backOff = new BackOff(parts.random);
  }

  async start(): Promise<void> {
    this.#sinceMs = this.#parts.clock.wallMs();
    this.#running = this.#run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** What is known now. */
  ownership(): GpuOwnership {
    return this.#ownership;
  }

  degradations(): readonly Degradation[] {
    if (this.#failures < FAILURES_TO_REPORT) return [];
    return [{ component: COMPONENT, reason: this.#ownership.reason, sinceMs: this.#sinceMs }];
  }

  async #run(stopping: AbortSignal): Promise<void> {
    const { pod } = this.#options;
    if (pod === undefined) {
      this.#failures = FAILURES_TO_REPORT;
      this.#note({ reason: 'set POD_NAME and POD_NAMESPACE (Kubernetes: the downward API)' });
      return;
    }
    while (!stopping.aborted) {
      const found = await this.#ask(pod, stopping);
      if (stopping.aborted) return;
      this.#note(found);
      if (found.uuids !== undefined) {
        this.#failures = 0;
        return;
      }
      this.#failures += 1;
      await this.#parts.clock.sleep(this.#backOff.nextMs(), stopping);
    }
  }

  async #ask(pod: PodName, stopping: AbortSignal): Promise<GpuOwnership> {
    const { socketPath } = this.#options;
    try {
      return podGpus(await this.#parts.list(socketPath, stopping), pod);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { reason: `the kubelet cannot be asked at ${socketPath}, which only root may open: ${why}` };
    }
  }

  #note(ownership: GpuOwnership): void {
    if (ownership.reason !== this.#ownership.reason) {
      this.#parts.log[ownership.uuids === undefined ? 'warn' : 'info']({ ...ownership }, 'GPUs of this pod');
    }
    this.#ownership = ownership;
  }
}
