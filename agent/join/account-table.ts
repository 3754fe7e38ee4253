import { grown } from '../core/growable.ts';
import type { PointSeries } from '../core/point.ts';
import { OVERFLOW_MODEL, type SeriesTags } from '../core/series-tags.ts';
import { OVERFLOW_SERIES } from '../core/span-sink.ts';

/** A series by what it is, whatever ids it has at the sink. Kept as long as an account of it is. */
export interface SeriesIdentity {
  readonly id: number;
  readonly tags: SeriesTags;
  /** By window and GPU: what its points are written under. */
  readonly points: Map<string, PointSeries<'inference_gpu'>>;
}

/** One series in one place: who is busy, and who is charged. */
export interface Account {
  readonly id: number;
  readonly identity: SeriesIdentity;
  /** From `GpuNames`, or `NO_GPU`. */
  readonly gpu: number;
}

/** There is no account, and no room for one. */
export const NO_ACCOUNT = -1;

/** The accounts by the sink's series ids, which are given anew to other series once they are free. Bounded. */
export class AccountTable {
  readonly #maxAccounts: number;
  /** By series id. */
  readonly #identities: (SeriesIdentity | undefined)[] = [];
  readonly #byTags = new Map<string, SeriesIdentity>();
  readonly #byId = new Map<number, SeriesIdentity>();
  readonly #accounts: (Account | undefined)[] = [];
  readonly #byKey = new Map<string, number>();
  readonly #freeIds: number[] = [];
  #nextIdentity = 1;
  /** Of series s on GPU g at `s * stride + g + 1`: its account + 1; 0: look it up. */
  #lookup = new Int32Array(0);
  #stride = 2;
  /** By account: the latest slice in which a request of it completed. Whoever counts requests keeps it. */
  lastSlice = new Float64Array(16);

  constructor(maxAccounts: number) {
    this.#maxAccounts = maxAccounts;
  }

  /** Tells which series an id stands for from now on. */
  learn(series: number, tags: SeriesTags): void {
    const meant = series === OVERFLOW_SERIES ? OVERFLOW_TAGS : tags;
    const known = this.#identities[series];
    if (known !== undefined && keyOf(known.tags) === keyOf(meant)) return;
    this.#identities[series] = this.#identityOf(meant);
    const row = series * this.#stride;
    if (row < this.#lookup.length) this.#lookup.fill(0, row, row + this.#stride);
  }

  /** Hot. The account, opened if it is new. */
  find(series: number, gpu: number): number {
    const at = gpu + 1 < this.#stride ? series * this.#stride + gpu + 1 : -1;
    const known = this.#lookup[at];
    return known > 0 ? known - 1 : this.#open(series, gpu);
  }

  get(id: number): Account | undefined {
    return this.#accounts[id];
  }

  identity(id: number): SeriesIdentity | undefined {
    return this.#byId.get(id);
  }

  /** In the order of their ids. */
  all(): Account[] {
    return this.#accounts.filter((account) => account !== undefined);
  }

  /** Opens an account under the ids that it had before a restart, into an empty table. */
  restore(account: { id: number; identity: number; tags: SeriesTags; gpu: number }, slice: number): void {
    const { id, tags, gpu } = account;
    if (!(id >= 0 && id < this.#maxAccounts) || this.#accounts[id] !== undefined) return;
    const identity = this.#byTags.get(keyOf(tags)) ?? this.#keepIdentity(account.identity, tags);
    for (let gap = this.#accounts.length; gap < id; gap++) {
      this.#accounts.push(undefined);
      this.#freeIds.push(gap);
    }
    const free = this.#freeIds.indexOf(id);
    if (free >= 0) this.#freeIds.splice(free, 1);
    this.#keep({ id, identity, gpu });
    this.lastSlice[id] = slice;
  }

  /** Closes the accounts that were not busy since this slice. */
  freeBefore(slice: number): void {
    const silent = this.all().filter(({ id }) => this.lastSlice[id] < slice);
    for (const account of silent) this.#free(account);
    // All of it at once: thousands may fall silent together, and those that go on are soon found again.
    if (silent.length > 0) this.#lookup.fill(0);
    const inUse = new Set([...this.all().map(({ identity }) => identity), ...this.#identities]);
    for (const [key, identity] of this.#byTags) {
      if (inUse.has(identity)) continue;
      this.#byTags.delete(key);
      this.#byId.delete(identity.id);
    }
  }

  /** The clock was set back to this slice. */
  rewind(slice: number): void {
    for (const { id } of this.all()) this.lastSlice[id] = Math.min(this.lastSlice[id], slice);
  }

  /** Slow path. */
  #open(series: number, gpu: number): number {
    const identity = this.#identities[series];
    if (identity === undefined) return NO_ACCOUNT;
    const known = this.#byKey.get(accountKey(identity, gpu));
    if (known === undefined && this.#byKey.size >= this.#maxAccounts) return NO_ACCOUNT;
    const id = known ?? this.#keep({ id: this.#freeIds.pop() ?? this.#accounts.length, identity, gpu });
    this.#remember(series, gpu, id);
    return id;
  }

  #keep(account: Account): number {
    this.#accounts[account.id] = account;
    this.#byKey.set(accountKey(account.identity, account.gpu), account.id);
    if (account.id >= this.lastSlice.length) this.lastSlice = grown(this.lastSlice, account.id + 1);
    this.lastSlice[account.id] = 0;
    return account.id;
  }

  #free({ id, identity, gpu }: Account): void {
    this.#accounts[id] = undefined;
    this.#byKey.delete(accountKey(identity, gpu));
    this.#freeIds.push(id);
  }

  #identityOf(tags: SeriesTags): SeriesIdentity {
    return this.#byTags.get(keyOf(tags)) ?? this.#keepIdentity(this.#nextIdentity, tags);
  }

  #keepIdentity(id: number, tags: SeriesTags): SeriesIdentity {
    const identity = { id, tags, points: new Map() };
    this.#byTags.set(keyOf(tags), identity);
    this.#byId.set(id, identity);
    this.#nextIdentity = Math.max(this.#nextIdentity, id + 1);
    return identity;
  }

  #remember(series: number, gpu: number, account: number): void {
    if (gpu + 2 > this.#stride) {
      this.#stride = 2 ** Math.ceil(Math.log2(gpu + 2));
      this.#lookup = new Int32Array(0);
    }
    const at = series * this.#stride + gpu + 1;
    if (at >= this.#lookup.length) this.#lookup = grown(this.#lookup, (series + 1) * this.#stride);
    this.#lookup[at] = account + 1;
  }
}

const OVERFLOW_TAGS: SeriesTags = {
  model: OVERFLOW_MODEL,
  variant: '',
  version: '',
  operation: '',
  server: '',
  labels: {},
};

/** Labels are sorted by key, so that equal tags have equal keys. */
function keyOf({ model, variant, version, operation, server, labels }: SeriesTags): string {
  return JSON.stringify([model, variant, version, operation, server, labels]);
}

function accountKey(identity: SeriesIdentity, gpu: number): string {
  return `${identity.id}/${gpu}`;
}
