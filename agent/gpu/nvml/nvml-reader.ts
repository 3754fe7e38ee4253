import { type Clock, SystemClock } from '../../core/clock.ts';
import {
  GpuFailure,
  type GpuReader,
  type GpuReading,
  type LostDevice,
  type ReadRequest,
} from '../gpu-reader.ts';
import { finishReading } from './finish-reading.ts';
import type { DeviceDraft, NvmlDevice } from './nvml-device.ts';
import { NvmlSession } from './nvml-session.ts';
import { NvmlFailure } from './return-code.ts';

export interface NvmlReaderOptions {
  /** Default: `libnvidia-ml.so.1`, wherever the loader finds it. */
  readonly libraryPath?: string;
  /** UUIDs of the GPUs to read; default: all. */
  readonly devices?: readonly string[];
  /** The machine's, which the driver stamps its samples with. */
  readonly clock?: Clock;
}

const DEFAULT_LIBRARY = 'libnvidia-ml.so.1';

/** A lost GPU may be back after a reset, which only a new session sees; but that costs the others one activity. */
const FULL_READINGS_UNTIL_REOPENED = 30;

/**
 * Reads GPUs through the driver's own library, in plain blocking calls. After a failure of the driver as a whole the
 * next `read` opens it anew; `close` gives the library back, so that a driver installed meanwhile is found.
 */
export class NvmlReader implements GpuReader {
  readonly source = 'nvml';
  readonly #options: NvmlReaderOptions;
  readonly #clock: Clock;
  #session: NvmlSession | undefined;
  #fullReadingsWithLost = 0;

  constructor(options: NvmlReaderOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? new SystemClock();
  }

  async open(): Promise<void> {
    this.#openAnew();
  }

  async read(request: ReadRequest): Promise<GpuReading> {
    const session = this.#session ?? this.#openAnew();
    try {
      return this.#readAll(session, request);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    const session = this.#session;
    this.#session = undefined;
    session?.close();
  }

  #openAnew(): NvmlSession {
    this.close();
    this.#fullReadingsWithLost = 0;
    const { libraryPath = DEFAULT_LIBRARY, devices } = this.#options;
    this.#session = NvmlSession.open({ libraryPath, uuids: devices, clock: this.#clock });
    return this.#session;
  }

  #readAll(session: NvmlSession, request: ReadRequest): GpuReading {
    if (request.full) session.lookForLost();
    const drafts: DeviceDraft[] = [];
    for (const device of session.devices) {
      const draft = readOne(session, device, request);
      if (draft !== undefined) drafts.push(draft);
    }
    if (request.processes) session.forgetProcesses();
    const lost = session.lost;
    if (drafts.length === 0) throw nothingLeft(lost);
    if (request.full && this.#isTimeToReopen(lost)) this.close();
    const end = { wallMs: this.#clock.wallMs(), monotonicMs: this.#clock.monotonicMs() };
    return { devices: drafts.map((draft) => finishReading(draft, end)), lost, notes: session.notes };
  }

  #isTimeToReopen(lost: readonly LostDevice[]): boolean {
    this.#fullReadingsWithLost = lost.length === 0 ? 0 : this.#fullReadingsWithLost + 1;
    return this.#fullReadingsWithLost >= FULL_READINGS_UNTIL_REOPENED;
  }
}

/** Undefined where this GPU is lost; throws where the driver is. */
function readOne(session: NvmlSession, device: NvmlDevice, request: ReadRequest): DeviceDraft | undefined {
  try {
    return device.read(request);
  } catch (error) {
    if (!(error instanceof NvmlFailure) || !error.ofOneGpu) throw error;
    session.lose(device, error);
    return undefined;
  }
}

function nothingLeft(lost: readonly LostDevice[]): GpuFailure {
  const [first] = lost;
  if (first === undefined) return new GpuFailure('not_installed', 'the NVIDIA driver knows no GPU');
  return new GpuFailure(
    first.kind,
    lost.length === 1 ? first.reason : `all ${lost.length} GPUs: ${first.reason}`,
  );
}
