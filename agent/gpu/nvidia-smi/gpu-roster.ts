import { elementsAt, textAt, type XmlTree } from './xml-tree.ts';

/** One place in the driver's order: a GPU that stands in the log, or one that should. */
export interface ListedGpu {
  readonly pci: string | undefined;
  /** Absent: it is not in the log. */
  readonly element?: XmlTree;
  /** Of a GPU that is not in the log: how we know of it. */
  readonly complaint?: string;
}

interface Complaint {
  readonly index: number | undefined;
  readonly pci: string | undefined;
  readonly text: string;
}

/** No machine has more; a garbled answer must not grow the list. */
const MAX_GPUS = 64;
const MAX_SAID_LENGTH = 16_384;

/** `Unable to determine the device handle for GPU3: 0000:5F:00.0: Unknown Error`, with and without its parts. */
const COMPLAINT =
  /unable to determine the device handle for (?:gpu ?)?(?:(\d{1,2}): ?)?((?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])?.*/gi;

/**
 * Which GPUs the machine has, in the driver's order, which is that of the PCI bus and gives a GPU its index. A GPU
 * that fell off the bus may be missing in the log; the others must keep their index, and it must not go unnoticed.
 */
export class GpuRoster {
  /** UUIDs of the GPUs that answered, by PCI address. */
  readonly #known = new Map<string, string>();

  clear(): void {
    this.#known.clear();
  }

  remember(pci: string | undefined, uuid: string): void {
    if (pci !== undefined && this.#known.size < MAX_GPUS) this.#known.set(pci, uuid);
  }

  uuidOf(pci: string | undefined): string | undefined {
    return pci === undefined ? undefined : this.#known.get(pci);
  }

  /** The GPUs of the log, and between them those that are missing: complained of in `said`, or known from before. */
  list(log: XmlTree, said: string): readonly ListedGpu[] {
    const listed: ListedGpu[] = elementsAt(log, 'gpu')
      .slice(0, MAX_GPUS)
      .map((element) => ({ pci: pciOf(element), element }));
    const complaints = parseComplaints(said);
    for (const { pci, text } of complaints) if (pci !== undefined) insert(listed, pci, text);
    for (const pci of this.#known.keys()) insert(listed, pci, 'it is missing in the answer of nvidia-smi');
    for (const { index, pci, text } of complaints) {
      if (pci !== undefined || index === undefined) continue;
      const place = listed[index];
      const known = place !== undefined && place.element === undefined;
      listed.splice(index, known ? 1 : 0, { pci: known ? place.pci : undefined, complaint: text });
    }
    return listed;
  }
}

/** What was said beside the complaints. */
export function withoutComplaints(said: string): string {
  return said.slice(0, MAX_SAID_LENGTH).replace(COMPLAINT, '');
}

function parseComplaints(said: string): readonly Complaint[] {
  const matches = [...said.slice(0, MAX_SAID_LENGTH).matchAll(COMPLAINT)].slice(0, MAX_GPUS);
  return matches.map(([text, index, pci]) => ({
    index: index === undefined ? undefined : Number(index),
    pci: normalizePci(pci),
    text: text.trim().slice(0, 200),
  }));
}

function pciOf(gpu: XmlTree): string | undefined {
  return normalizePci(textAt(gpu, '$/id')) ?? normalizePci(textAt(gpu, 'pci/pci_bus_id'));
}

/** `00000000:5F:00.0`, as text in the order of the bus; programs write the domain with four digits or eight. */
function normalizePci(text: string | undefined): string | undefined {
  const match = /^(?:([0-9a-f]{1,8}):)?([0-9a-f]{2}:[0-9a-f]{2}\.[0-7])$/i.exec(text ?? '');
  return match === null ? undefined : `${(match[1] ?? '').padStart(8, '0')}:${match[2]}`.toUpperCase();
}

/** Puts a missing GPU where it stands on the bus, unless it is listed. */
function insert(listed: ListedGpu[], pci: string, complaint: string): void {
  if (listed.some((gpu) => gpu.pci === pci)) return;
  const next = listed.findIndex((gpu) => gpu.pci !== undefined && gpu.pci > pci);
  listed.splice(next < 0 ? listed.length : next, 0, { pci, complaint });
}
