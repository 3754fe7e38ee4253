import type { DeviceReading } from './gpu-reader.ts';

/** The counter of each GPU at its last point. */
export class EnergyCounter {
  #last: ReadonlyMap<string, number> = new Map();

  /**
   * UUID → joules since the reading before, of a full reading. Absent: the first one, or the counter began anew.
   * A GPU that is missing now begins anew when it is back.
   */
  advance(devices: readonly DeviceReading[]): ReadonlyMap<string, number> {
    const counters = new Map<string, number>();
    const spent = new Map<string, number>();
    for (const { uuid, energy } of devices) {
      if (energy === undefined) continue;
      counters.set(uuid, energy.joules);
      const joules = energy.joules - (this.#last.get(uuid) ?? Number.NaN);
      if (joules >= 0) spent.set(uuid, joules);
    }
    this.#last = counters;
    return spent;
  }

  /** After an outage: the driver may have been loaded anew. */
  forget(): void {
    this.#last = new Map();
  }
}
