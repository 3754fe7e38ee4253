import { expect } from 'chai';
import { isStackable, sortPhases } from '../../../agent/dashboard/web/phase-order.ts';
import { WindowStore } from '../../../agent/dashboard/web/window-store.ts';
import { createRow } from './sample-rows.ts';

describe('WindowStore', () => {
  it('keeps rows in the order of time; what came live wins over what is read later', () => {
    const store = new WindowStore();
    store.put(createRow(20, { variant: 'int8' }, { requests: 2 }), 'live');
    store.put(createRow(20, { variant: 'int8' }, { requests: 1 }), 'past');
    store.put(createRow(10, { variant: 'int8' }, { requests: 7 }), 'past');
    store.put(createRow(10, { variant: 'int8' }, { requests: 8 }), 'live');
    expect(store.requests('int8').map(({ time, fields }) => [time, fields['requests']])).to.deep.equal([
      [10, 8],
      [20, 2],
    ]);
  });

  it('lets go what is too old', () => {
    const store = new WindowStore();
    for (const time of [10, 20, 30]) store.put(createRow(time, { variant: 'a', phase: 'queue' }, {}), 'live');
    store.dropBefore(20);
    expect(store.phase('a', 'queue').map(({ time }) => time)).to.deep.equal([20, 30]);
    store.dropBefore(99);
    expect(store.phase('a', 'queue')).to.deep.equal([]);
  });

  const use: [name: string, rows: readonly [time: number, gpu: string][], expected: string | undefined][] = [
    ['nothing while nothing is known', [], undefined],
    [
      'the newest of one GPU',
      [
        [10, 'GPU-a'],
        [20, 'GPU-a'],
      ],
      'GPU-a at 20',
    ],
    [
      'of several GPUs their sum',
      [
        [20, 'GPU-a'],
        [20, 'all'],
        [20, 'GPU-b'],
      ],
      'all at 20',
    ],
    [
      'of a model that moved, the GPU where it is now',
      [
        [10, 'all'],
        [20, 'GPU-b'],
        [10, 'GPU-a'],
      ],
      'GPU-b at 20',
    ],
  ];
  for (const [name, rows, expected] of use) {
    it(`says of a variant's GPU ${name}`, () => {
      const store = new WindowStore();
      for (const [time, gpu] of rows) store.put(createRow(time, { variant: 'int8', gpu }, {}), 'live');
      const row = store.gpuUse('int8');
      expect(row && `${row.tags['gpu']} at ${row.time}`).to.equal(expected);
      expect(store.variants()).to.deep.equal([]);
    });
  }

  it('names variants by what tells them apart, precise builds first', () => {
    const store = new WindowStore();
    const put = (tags: Record<string, string>): void =>
      store.put(createRow(1, { region: 'eu', ...tags }, {}), 'live');
    put({ variant: 'int8', version: '2' });
    put({ variant: 'int8', version: '1' });
    put({ variant: 'fp32', version: '1' });
    put({ variant: 'custom', version: '1' });
    expect(store.variants().map(({ label }) => label)).to.deep.equal([
      'fp32 · 1',
      'int8 · 1',
      'int8 · 2',
      'custom · 1',
    ]);
  });
});

describe('sortPhases', () => {
  it('follows a request through its phases', () => {
    const names = ['ttft', 'mine', 'postprocess', 'queue', 'inference', 'queue'];
    expect(sortPhases(names)).to.deep.equal(['queue', 'inference', 'postprocess', 'mine', 'ttft']);
    expect(names.filter(isStackable)).not.to.include('ttft');
  });
});
