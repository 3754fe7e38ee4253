import fc from 'fast-check';
import type { WindowOptions } from '../../agent/window/window-state.ts';
import { action } from './model-actions.ts';
import { ModelRun } from './model-run.ts';

const configurations: readonly [string, Partial<WindowOptions>][] = [
  ['10 s, 1 min, 5 min', {}],
  ['1 s, 5 s, 12 s', { intervalMs: 1000, windowsMs: [1000, 5000, 12_000], latenessMs: 3000, graceMs: 1000 }],
  ['less lateness than grace', { intervalMs: 1000, windowsMs: [1000, 4000], latenessMs: 500, graceMs: 2000 }],
  ['no lateness', { intervalMs: 1000, windowsMs: [1000, 7000], latenessMs: 0, graceMs: 2000 }],
];

describe('Aggregator against a reference that keeps every span', () => {
  for (const [name, options] of configurations) {
    it(`writes what is true when it is due, after any mix of events: ${name}`, async function () {
      this.timeout(60_000);
      await fc.assert(
        fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
          await new ModelRun(options).run(actions);
        }),
        { numRuns: Number(process.env['MODEL_RUNS'] ?? 40) },
      );
    });
  }
});
