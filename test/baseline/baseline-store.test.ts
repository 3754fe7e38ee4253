import { expect } from 'chai';
import { BaselineStore, type KeptBaseline, MAX_BASELINES } from '../../agent/baseline/baseline-store.ts';
import { MemoryDatabase } from '../fakes/memory-database.ts';
import { rejectionOf } from '../fakes/rejection.ts';
import { RESNET } from './sample-recording.ts';

function baseline(name: string, bytes = 100): KeptBaseline {
  const counts = { slices: 60, requests: 600, errors: 0, gpuWindows: 0, operators: 0 };
  return { name, series: RESNET, fromMs: 0, toMs: 60_000, sliceMs: 1000, ...counts, savedMs: 5, bytes };
}

describe('the store of baselines', () => {
  let database: MemoryDatabase;
  let opened: number;
  let store: BaselineStore;
  const open = async () => {
    opened++;
    return database;
  };

  beforeEach(() => {
    database = new MemoryDatabase();
    opened = 0;
    store = new BaselineStore({ exists: () => opened > 0, open });
  });

  afterEach(() => database.close());

  it('opens no file before there is something to keep', async () => {
    expect(await store.list()).to.deep.equal([]);
    expect(await store.document('a')).to.equal(undefined);
    expect(await store.remove('a')).to.equal(false);
    expect(opened).to.equal(0);
  });

  it('has everything back after a restart', async () => {
    await store.put(baseline('b', 4), 'äöü', { replace: false });
    await store.put(baseline('a', 2), 'xy', { replace: false });
    const next = new BaselineStore({ exists: () => true, open });
    expect(await next.list()).to.deep.equal([baseline('a', 2), { ...baseline('b'), bytes: 6 }]);
    expect(await next.document('b')).to.equal('äöü');
  });

  it('replaces only when told to, and says so', async () => {
    const put = (text: string, replace: boolean) => store.put(baseline('a'), text, { replace });
    expect([await put('1', false), await put('2', false), await put('3', true)]).to.deep.equal([
      'created',
      'exists',
      'replaced',
    ]);
    expect(await store.document('a')).to.equal('3');
  });

  it('keeps so many, and so many bytes, and finds the same room only once', async () => {
    const half = 64 * 2 ** 20;
    const both = await Promise.all(
      ['a', 'b', 'c'].map((name) => store.put(baseline(name, half), 'x', { replace: false })),
    );
    expect(both).to.deep.equal(['created', 'created', 'full']);
    expect(await store.put(baseline('b', half), 'y', { replace: true })).to.equal('replaced');
    await store.remove('a');
    await store.remove('b');
    for (let index = 0; index < MAX_BASELINES; index++)
      await store.put(baseline(`n${index}`), 'x', { replace: false });
    expect(await store.put(baseline('more'), 'x', { replace: false })).to.equal('full');
  });

  it('changes nothing when the disk is full, and goes on when there is room', async () => {
    await store.put(baseline('a'), 'x', { replace: false });
    database.failure = new Error('database or disk is full');
    expect((await rejectionOf(store.put(baseline('b'), 'x', { replace: false }))).message).to.match(/full/);
    database.failure = undefined;
    expect((await store.list()).map(({ name }) => name)).to.deep.equal(['a']);
    expect(await store.put(baseline('b'), 'x', { replace: false })).to.equal('created');
  });

  it('tries again to open a file that could not be opened', async () => {
    let failures = 1;
    const flaky = new BaselineStore({
      exists: () => true,
      open: async () => {
        if (failures-- > 0) throw new Error('permission denied');
        return database;
      },
    });
    expect((await rejectionOf(flaky.list())).message).to.equal('permission denied');
    expect(await flaky.list()).to.deep.equal([]);
  });
});
