import type { Account } from './account-table.ts';
import { type BusySlice, Count } from './busy-slice.ts';
import { addBits, countBits } from './slot-bits.ts';

/** One series in one slice: when it was busy on which GPU, and what completed. */
export interface Tenant {
  readonly series: number;
  /** By uuid. */
  readonly places: Map<string, Place>;
  /** All places together; each request is in it once. */
  readonly whole: Place;
}

export interface Place {
  readonly bits: Int32Array;
  /** As `Count` says; without the requests that ran on several GPUs, except in `whole`. */
  readonly counts: Float64Array;
  /** Some requests ran on other GPUs at the same time. */
  spread: boolean;
}

/** The series of a slice, put together account by account. */
export class SliceTenants {
  readonly #slice: BusySlice;
  readonly #tenants = new Map<number, Tenant>();
  /** Requests that ran on no GPU that anyone knows. */
  homelessRequests = 0;

  constructor(slice: BusySlice) {
    this.#slice = slice;
  }

  all(): readonly Tenant[] {
    return [...this.#tenants.values()];
  }

  /** `resolve` names the GPUs of the account; it is asked only where there is something to place. */
  add({ id, identity }: Account, resolve: () => readonly string[]): void {
    if (id >= this.#slice.capacity) return;
    const bits = this.#slice.bitsOf(id);
    const counts = this.#slice.countsOf(id);
    if (isEmpty(counts) && countBits(bits) === 0) return;
    const uuids = resolve();
    if (uuids.length === 0) {
      this.homelessRequests += counts[Count.requests];
      return;
    }
    const tenant = this.#tenants.get(identity.id) ?? this.#open(identity.id);
    add(tenant.whole, bits, counts);
    for (const uuid of uuids) {
      const place = tenant.places.get(uuid) ?? this.#emptyPlace();
      tenant.places.set(uuid, place);
      if (uuids.length === 1) add(place, bits, counts);
      else addBits(place.bits, bits);
      if (uuids.length > 1) place.spread = true;
    }
  }

  #open(series: number): Tenant {
    const tenant = { series, places: new Map(), whole: this.#emptyPlace() };
    this.#tenants.set(series, tenant);
    return tenant;
  }

  #emptyPlace(): Place {
    const bits = new Int32Array(this.#slice.bitsOf(0).length);
    return { bits, counts: new Float64Array(this.#slice.counters), spread: false };
  }
}

function isEmpty(counts: Float64Array): boolean {
  for (let i = 0; i < counts.length; i++) if (counts[i] !== 0) return false;
  return true;
}

function add(place: Place, bits: Int32Array, counts: Float64Array): void {
  addBits(place.bits, bits);
  for (let i = 0; i < counts.length; i++) place.counts[i] += counts[i];
}
