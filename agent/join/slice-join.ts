import { Count } from './busy-slice.ts';
import type { GpuAttribution } from './gpu-attribution.ts';
import type { GpuLedger } from './gpu-ledger.ts';
import type { JoinState } from './join-state.ts';
import {
  ALL_GPUS,
  Column,
  type GpuFacts,
  IDLE_SERIES,
  type JoinedSlice,
  unknownGpu,
} from './joined-slice.ts';
import { type LedgerSlice, Sharing } from './ledger-slice.ts';
import { type Place, type Tenant, tenantsOf } from './slice-tenants.ts';
import { countBits } from './slot-bits.ts';
import { type SlotShare, splitSlots } from './slot-split.ts';

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

  /** To be called once a slice takes nothing more. */
  join(index: number): JoinedSlice {
    const { grid, watch, lengths } = this.#state;
    const tenants = this.#tenants(index);
    const own = [this.#attribution.ownership(), this.#attribution.unlabelled()];
    const ownUuids = own.flatMap(({ uuids: known }) => known ?? []);
    const uuids = [...new Set([...tenants.flatMap(({ places }) => [...places.keys()]), ...ownUuids])];
    const gpus = uuids.map((uuid) => this.#factsOf(uuid, index));
    const width = Column.longer + lengths.length;
    const rows = new Rows(width);
    const splits = uuids.map((uuid) => this.#split(uuid, index, tenants));
    for (const tenant of tenants) writeTenant(rows, tenant, { uuids, splits });
    for (const [gpu, { unusedJoules }] of splits.entries()) {
      if (gpus[gpu].hasEnergy && unusedJoules > 0)
        rows.add({ series: IDLE_SERIES, gpu, idleJoules: unusedJoules });
    }
    const startMs = index * grid.intervalMs;
    const watchedMs = watch.watchedMs(startMs, startMs + grid.intervalMs);
    return { index, watchedMs, gpus, rows: rows.take(), width, changed: true };
  }

  #tenants(index: number): Tenant[] {
    const slice = this.#state.book.find(index);
    if (slice === undefined) return [];
    const { accounts, names } = this.#state;
    return tenantsOf(
      slice,
      accounts.all(),
      ({ gpu }) => this.#attribution.resolve(names.uuidsOf(gpu)),
      (requests) => {
        this.homelessRequests += requests;
      },
    );
  }

  #split(uuid: string, index: number, tenants: readonly Tenant[]): GpuSplit {
    const present = tenants.filter(({ places }) => places.has(uuid));
    const bitmaps = present.flatMap(({ places }) => places.get(uuid)?.bits ?? []);
    const ledger = this.#ledgers.get(uuid)?.find(index);
    const { shares, unusedJoules } = splitSlots(this.#state.grid.slots, bitmaps, ledger?.wholeJoules);
    return {
      shares: new Map(present.map((tenant, i) => [tenant.series, shares[i]])),
      unusedJoules,
      sharing: ledger?.sharing ?? Sharing.unknown,
    };
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
  /** By series. */
  readonly shares: ReadonlyMap<number, SlotShare>;
  readonly unusedJoules: number;
  readonly sharing: Sharing;
}

/** A row for each of its GPUs, and one for all where it ran on several. */
function writeTenant(
  rows: Rows,
  { series, places, whole }: Tenant,
  { uuids, splits }: { uuids: readonly string[]; splits: readonly GpuSplit[] },
): void {
  for (const [gpu, uuid] of uuids.entries()) {
    const place = places.get(uuid);
    const share = splits[gpu].shares.get(series);
    if (place === undefined || share === undefined) continue;
    const { busy, activeJoules, idleJoules } = share;
    const exclusive = exclusiveSlots(share, splits[gpu].sharing);
    rows.add({ series, gpu, busy, share: share.share, exclusive, activeJoules, idleJoules }, place);
  }
  if (places.size < 2) return;
  rows.add({ series, gpu: ALL_GPUS, busy: countBits(whole.bits) }, whole);
}

function exclusiveSlots({ busy, alone }: SlotShare, sharing: Sharing): number {
  if (busy === 0 || sharing === Sharing.shared) return 0;
  return sharing === Sharing.exclusive ? alone : Number.NaN;
}

type RowValues = Partial<Record<Exclude<keyof typeof Column, 'longer'>, number>>;

/** Rows as they are written. */
class Rows {
  readonly #width: number;
  readonly #values: number[] = [];

  constructor(width: number) {
    this.#width = width;
  }

  add(values: RowValues, place?: Place): void {
    const base = this.#values.length;
    for (let column = 0; column < this.#width; column++) this.#values.push(0);
    for (const [name, value] of Object.entries(values))
      this.#values[base + Column[name as keyof typeof Column]] = value;
    if (place === undefined) return;
    const { counts, spread } = place;
    this.#values[base + Column.spread] = spread ? 1 : 0;
    this.#values[base + Column.sampled] = counts[Count.sampled];
    this.#values[base + Column.tokens] = counts[Count.tokens];
    this.#values[base + Column.requests] = counts[Count.requests];
    for (let i = Count.longer; i < counts.length; i++)
      this.#values[base + Column.longer + i - Count.longer] = counts[i];
  }

  take(): Float64Array {
    return Float64Array.from(this.#values);
  }
}
