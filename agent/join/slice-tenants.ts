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

/**
 * The series of a slice. `resolve` names the GPUs of an account; what ran on none is passed to `homeless` and left out.
 */
export function tenantsOf(
  slice: BusySlice,
  accounts: readonly Account[],
  resolve: (account: Account) => readonly string[],
  homeless: (requests: number) => void,
): Tenant[] {
  const tenants = new Map<number, Tenant>();
  for (const account of accounts) {
    if (account.id >= slice.capacity) continue;
    const bits = slice.bitsOf(account.id);
    const counts = slice.countsOf(account.id);
    if (!counts.some((count) => count > 0) && countBits(bits) === 0) continue;
    const uuids = resolve(account);
    if (uuids.length === 0) {
      homeless(counts[Count.requests]);
      continue;
    }
    const { id } = account.identity;
    const tenant = tenants.get(id) ?? { series: id, places: new Map(), whole: emptyPlace(slice, bits) };
    tenants.set(id, tenant);
    add(tenant.whole, bits, counts);
    for (const uuid of uuids) {
      const place = tenant.places.get(uuid) ?? emptyPlace(slice, bits);
      tenant.places.set(uuid, place);
      if (uuids.length === 1) add(place, bits, counts);
      else addBits(place.bits, bits);
      if (uuids.length > 1) place.spread = true;
    }
  }
  return [...tenants.values()];
}

function emptyPlace(slice: BusySlice, bits: Int32Array): Place {
  return { bits: new Int32Array(bits.length), counts: new Float64Array(slice.counters), spread: false };
}

function add(place: Place, bits: Int32Array, counts: Float64Array): void {
  addBits(place.bits, bits);
  for (let i = 0; i < counts.length; i++) place.counts[i] += counts[i];
}
