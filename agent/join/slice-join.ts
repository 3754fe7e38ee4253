import type { WorkPacer } from '../core/work-pacer.ts';
import { Count } from './busy-slice.ts';
import type { GpuAttribution } from './gpu-attribution.ts';
import type { GpuLedger } from './gpu-ledger.ts';
import type { JoinState } from './join-state.ts';
import {
  ALL_GPUS,
  Column,
  type GpuFacts,
  IDLE_SERIES,
  JoinedRows,
  type JoinedSlice,
  unknownGpu,
} from './joined-slice.ts';
import { type LedgerSlice, Sharing } from './ledger-slice.ts';
import { type Place, SliceTenants, type Tenant } from './slice-tenants.ts';
import { countBits } from './slot-bits.ts';
import { type SlotShare, SlotSplit } from './slot-split.ts';

/** Brings together who was busy in a slice and what the GPUs say of it. */
export class SliceJoin {
  readonly #state: JoinState;
  readonly #attribution: GpuAttribution;
  readonly #ledgers: ReadonlyMap<string, GpuLedger>;
  /** Requests that ran nobody knows where. */
  homelessRequests = 0;

  constructor(state: JoinState, attribution: GpuAttribution, ledgers: ReadonlyMap<string, GpuLedger>) {
    this.#state = state;
    this.#attribution = attribution;
    this.#ledgers = ledgers;
  }

  /** To be called once a slice takes nothing more; in pieces. */
  async join(index: number, pacer: WorkPacer): Promise<JoinedSlice> {
    const { lengths } = this.#state;
    const tenants = await this.#tenants(index, pacer);
    const uuids = this.#uuidsOf(tenants);
    const gpus = uuids.map((uuid) => this.#factsOf(uuid, index));
    const splits = uuids.map((uuid) => this.#openSplit(uuid, index));
    await this.#fill(splits, tenants, pacer);
    const rows = new JoinedRows(lengths.length);
    for (const tenant of tenants) {
      writeTenant(rows, tenant, splits);
      if (pacer.isDue) await pacer.pause();
    }
    for (const [gpu, { split }] of splits.entries()) {
      if (gpus[gpu].hasEnergy && split.unusedJoules > 0)
        rows.set(rows.add(IDLE_SERIES, gpu), Column.idleJoules, split.unusedJoules);
    }
    return { index, gpus, rows: rows.take(), width: rows.width, changed: true };
  }

  async #tenants(index: number, pacer: WorkPacer): Promise<readonly Tenant[]> {
    const { accounts, names, book } = this.#state;
    const slice = book.find(index);
    if (slice === undefined) return [];
    const tenants = new SliceTenants(slice);
    for (const account of accounts.all()) {
      tenants.add(account, () => this.#attribution.resolve(names.uuidsOf(account.gpu)));
      if (pacer.isDue) await pacer.pause();
    }
    this.homelessRequests += tenants.homelessRequests;
    return tenants.all();
  }

  /** Those on which something ran, and the server's own. */
  #uuidsOf(tenants: readonly Tenant[]): string[] {
    const uuids = new Set(tenants.flatMap(({ places }) => [...places.keys()]));
    for (const own of [this.#attribution.ownership(), this.#attribution.unlabelled()])
      for (const uuid of own.uuids ?? []) uuids.add(uuid);
    return [...uuids];
  }

  #openSplit(uuid: string, index: number): GpuSplit {
    const slice = this.#ledgers.get(uuid)?.find(index);
    const joules = slice?.wholeJoules?.slice();
    const split = new SlotSplit(this.#state.grid.slots);
    return { uuid, split, joules, sharing: slice?.sharing ?? Sharing.unknown };
  }

  async #fill(splits: readonly GpuSplit[], tenants: readonly Tenant[], pacer: WorkPacer): Promise<void> {
    for (const { places } of tenants) {
      for (const { uuid, split } of splits) {
        const place = places.get(uuid);
        if (place !== undefined) split.add(place.bits);
      }
      if (pacer.isDue) await pacer.pause();
    }
    for (const { split, joules } of splits) split.settle(joules);
  }

  #factsOf(uuid: string, index: number): GpuFacts {
    const ledger = this.#ledgers.get(uuid);
    const slice = ledger?.find(index);
    if (ledger === undefined || slice === undefined) return unknownGpu(uuid);
    return {
      uuid,
      coveredMs: this.#coveredMs(ledger, slice),
      hasEnergy: slice.wholeJoules !== undefined,
      simulated: slice.simulated,
      memoryUsedMaxBytes: slice.memoryUsedMaxBytes,
      activityMs: [...slice.activityMs],
      activityKnownMs: [...slice.activityKnownMs],
    };
  }

  #coveredMs(ledger: GpuLedger, { startMs, endMs }: LedgerSlice): number {
    let totalMs = 0;
    for (const { fromMs, toMs } of ledger.answered()) {
      const [from, to] = [Math.max(fromMs, startMs), Math.min(toMs, endMs)];
      if (to > from) totalMs += this.#state.watch.watchedMs(from, to);
    }
    return totalMs;
  }
}

/** One GPU in one slice. */
interface GpuSplit {
  readonly uuid: string;
  readonly split: SlotSplit;
  /** By slot; absent: unknown. */
  readonly joules: Float64Array | undefined;
  readonly sharing: Sharing;
}

/** A row for each of its GPUs, and one for all where it ran on several. */
function writeTenant(rows: JoinedRows, { series, places, whole }: Tenant, splits: readonly GpuSplit[]): void {
  for (const [gpu, { uuid, split, sharing }] of splits.entries()) {
    const place = places.get(uuid);
    if (place === undefined) continue;
    const share = split.shareOf(place.bits);
    const row = rows.add(series, gpu);
    rows.set(row, Column.busy, share.busy);
    rows.set(row, Column.share, share.share);
    rows.set(row, Column.exclusive, exclusiveSlots(share, sharing));
    rows.set(row, Column.activeJoules, share.activeJoules);
    rows.set(row, Column.idleJoules, share.idleJoules);
    writeCounts(rows, row, place);
  }
  if (places.size < 2) return;
  const row = rows.add(series, ALL_GPUS);
  rows.set(row, Column.busy, countBits(whole.bits));
  writeCounts(rows, row, whole);
}

function writeCounts(rows: JoinedRows, row: number, { counts, spread }: Place): void {
  rows.set(row, Column.spread, spread ? 1 : 0);
  rows.set(row, Column.sampled, counts[Count.sampled]);
  rows.set(row, Column.tokens, counts[Count.tokens]);
  rows.set(row, Column.requests, counts[Count.requests]);
  for (let i = Count.longer; i < counts.length; i++)
    rows.set(row, Column.longer + i - Count.longer, counts[i]);
}

function exclusiveSlots({ busy, alone }: SlotShare, sharing: Sharing): number {
  if (busy === 0 || sharing === Sharing.shared) return 0;
  return sharing === Sharing.exclusive ? alone : Number.NaN;
}
