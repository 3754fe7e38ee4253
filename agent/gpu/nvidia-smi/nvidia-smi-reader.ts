import {
  type DeviceReading,
  GpuFailure,
  type GpuReader,
  type GpuReading,
  type LostDevice,
  type ReadRequest,
} from '../gpu-reader.ts';
import { parseDevice, parseUuid, type Silence } from './device-parser.ts';
import { GpuRoster, type ListedGpu, withoutComplaints } from './gpu-roster.ts';
import { firstLine } from './smi-failure.ts';
import { type SmiAnswer, SmiProgram } from './smi-program.ts';
import { textAt } from './xml-tree.ts';

export interface NvidiaSmiReaderOptions {
  /** UUIDs of the GPUs to read; default: all. */
  readonly devices?: readonly string[];
  /** Who asks nvidia-smi. */
  readonly program?: Pick<SmiProgram, 'ask'>;
}

const WHAT_IT_CANNOT =
  'nvidia-smi gives no utilization samples, tensor activity, energy counter or power samples: those need NVML';

/**
 * Reads GPUs by the program `nvidia-smi`, found by PATH. Every reading is a full one, whatever was asked: the program
 * knows no other, at some 75 ms of CPU. `activity`, `energy` and `power` it cannot say.
 */
export class NvidiaSmiReader implements GpuReader {
  readonly source = 'nvidia-smi';
  readonly #wanted: ReadonlySet<string> | undefined;
  readonly #program: Pick<SmiProgram, 'ask'>;
  readonly #roster = new GpuRoster();
  #closing = new AbortController();
  /** The first since it was opened: a warning may differ each time, a note may not. */
  #warning: string | undefined;

  constructor({ devices, program = new SmiProgram() }: NvidiaSmiReaderOptions = {}) {
    this.#wanted = devices && new Set(devices);
    this.#program = program;
  }

  async open(): Promise<void> {
    this.close();
    await this.read({ full: true, power: false, processes: false });
  }

  /** Opens it first where it is not. */
  async read({ processes }: ReadRequest): Promise<GpuReading> {
    if (this.#closing.signal.aborted) this.#closing = new AbortController();
    const answer = await this.#program.ask(this.#closing.signal);
    this.#warning ??= firstLine(withoutComplaints(answer.said));
    const { devices, lost } = this.#parse(answer, processes);
    const chosen = devices.filter(({ uuid }) => this.#wanted?.has(uuid) ?? true);
    const missed = lost.filter((device) => this.#mayBeWanted(device, chosen));
    if (chosen.length === 0) throw nothingLeft(missed);
    return { devices: chosen, lost: missed, notes: this.#notes([...chosen, ...missed]) };
  }

  /** Ends a run under way, unless it is node-nvidia-smi's: that one ends with this process's group. */
  close(): void {
    this.#closing.abort();
    this.#roster.clear();
    this.#warning = undefined;
  }

  #parse(answer: SmiAnswer, withProcesses: boolean): Pick<GpuReading, 'devices' | 'lost'> {
    const devices: DeviceReading[] = [];
    const lost: LostDevice[] = [];
    for (const [index, gpu] of this.#roster.list(answer.log, answer.said).entries()) {
      const parsed = parseListed(gpu, answer, { index, withProcesses });
      if ('reason' in parsed) {
        lost.push(this.#describe(gpu, index, parsed));
      } else {
        devices.push(parsed);
        this.#roster.remember(gpu.pci, parsed.uuid);
      }
    }
    return { devices, lost };
  }

  #describe(gpu: ListedGpu, index: number, { kind, reason }: Silence): LostDevice {
    const uuid = parseUuid(textAt(gpu.element, 'uuid')) ?? this.#roster.uuidOf(gpu.pci);
    return { index, ...(uuid !== undefined && { uuid }), kind, reason: `GPU ${index}: ${reason}` };
  }

  /** One without a UUID may be ours as long as one of ours is missing. */
  #mayBeWanted({ uuid }: LostDevice, chosen: readonly DeviceReading[]): boolean {
    if (this.#wanted === undefined) return true;
    return uuid === undefined ? chosen.length < this.#wanted.size : this.#wanted.has(uuid);
  }

  #notes(found: readonly { readonly uuid?: string }[]): readonly string[] {
    const shown = new Set(found.map(({ uuid }) => uuid));
    const absent = [...(this.#wanted ?? [])].filter((uuid) => !shown.has(uuid));
    return [
      WHAT_IT_CANNOT,
      ...(this.#warning === undefined ? [] : [`nvidia-smi warned: ${this.#warning}`]),
      ...absent.map((uuid) => `gpu.devices: ${uuid} is not among the GPUs that the driver shows`),
    ];
  }
}

function parseListed(
  { element, complaint = '' }: ListedGpu,
  { log }: SmiAnswer,
  { index, withProcesses }: { readonly index: number; readonly withProcesses: boolean },
): DeviceReading | Silence {
  if (element === undefined) return { kind: 'lost', reason: complaint };
  return parseDevice({ log, gpu: element, index }, withProcesses);
}

function nothingLeft(lost: readonly LostDevice[]): GpuFailure {
  const [first] = lost;
  if (first === undefined) {
    return new GpuFailure('failed', 'none of gpu.devices is among the GPUs that the driver shows');
  }
  return new GpuFailure(
    first.kind,
    lost.length === 1 ? first.reason : `all ${lost.length} GPUs: ${first.reason}`,
  );
}
