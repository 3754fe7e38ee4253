import { expect } from 'chai';
import fc from 'fast-check';
import { SpanMemory } from '../../../agent/ingest/otlp/span-memory.ts';
import { ProbeReader } from './read-spans.ts';

const GENERATION_MS = 1000;

/** A memory, and the one span that it is asked about. */
class Rig {
  readonly memory = new SpanMemory(GENERATION_MS);
  readonly #span = new ProbeReader().set.span;

  /** Takes the span unless it is known; returns whether it was. */
  take(id: number): boolean {
    this.#span.traceId[3] = id & 7;
    this.#span.spanId[1] = id;
    const isKnown = this.memory.knows(this.#span);
    if (!isKnown) this.memory.remember(true);
    return isKnown;
  }

  message(nowMs: number, ids: readonly number[]): boolean[] {
    this.memory.begin(nowMs);
    return ids.map((id) => this.take(id));
  }
}

describe('memory of spans', () => {
  it('knows a span for one to two generations, whatever came with it', () => {
    const rig = new Rig();
    expect(rig.message(0, [1, 2, 1])).to.deep.equal([false, false, true]);
    expect(rig.message(GENERATION_MS, [2, 3])).to.deep.equal([true, false]);
    expect(rig.message(2 * GENERATION_MS, [1, 3])).to.deep.equal([false, true]);
  });

  it('never knows a span without an id', () => {
    const rig = new Rig();
    expect(rig.message(0, [0, 0])).to.deep.equal([false, false]);
  });

  it('tells many spans apart, and knows all of them', () => {
    const rig = new Rig();
    const ids = Array.from({ length: 50_000 }, (_, i) => i + 1);
    expect(rig.message(0, ids).some((isKnown) => isKnown)).to.equal(false);
    expect(rig.message(1, ids).every((isKnown) => isKnown)).to.equal(true);
  });

  it('is after a rollback what it was before the message, though it grew in between', () => {
    const ids = fc.array(fc.integer({ min: 1, max: 5000 }), { maxLength: 3000, size: 'max' });
    const property = fc.property(ids, ids, (kept, undone) => {
      const rig = new Rig();
      rig.message(0, kept);
      rig.message(1, undone);
      rig.memory.rollback();
      const known = new Set(kept);
      rig.memory.begin(2);
      for (const id of new Set([...kept, ...undone]))
        expect(rig.take(id), `span ${id}`).to.equal(known.has(id));
    });
    fc.assert(property, { numRuns: 50 });
  });
});
