import { expect } from 'chai';
import type { Followed } from '../../agent/baseline/followed-series.ts';
import { GpuNotes } from '../../agent/baseline/gpu-notes.ts';
import { type FieldsOf, type Point, PointSeries } from '../../agent/core/point.ts';
import { RESNET } from './sample-recording.ts';

const LABELLED = { ...RESNET, variant: 'int8', labels: { zone: 'a' } };
const FOLLOWED: readonly Followed[] = [
  { slot: 0, tags: RESNET, fromMs: 0 },
  { slot: 1, tags: LABELLED, fromMs: 0 },
];
const FIELDS = { energy_active_joules: 50, energy_per_request_joules: 0.5, output_tokens_per_joule: 4 };

function point(
  endMs: number,
  tags: Readonly<Record<string, string>> = {},
  fields: FieldsOf<'inference_gpu'> = FIELDS,
): Point {
  const all = { model: 'resnet50', variant: 'fp16', window: '10s', gpu: 'GPU-1', host: 'h', ...tags };
  return { series: new PointSeries('inference_gpu', all), fields, timestampMs: endMs };
}

describe('notes of GPUs', () => {
  let notes: GpuNotes;

  beforeEach(() => {
    notes = new GpuNotes({ name: '10s', windowMs: 10_000 });
  });

  it('hold the sums behind the figures', () => {
    const more = { memory_used_max_bytes: 1e9, exclusive_ratio: 0.5, tensor_imma_ratio: 0.25 };
    notes.note([point(20_000, {}, { ...FIELDS, ...more })], FOLLOWED);
    expect(notes.of(0, 0, 60_000)).to.deep.equal([
      {
        endMs: 20_000,
        windowMs: 10_000,
        gpu: 'GPU-1',
        energyActiveJoules: 50,
        requests: 100,
        outputTokens: 200,
        memoryUsedMaxBytes: 1e9,
        exclusiveRatio: 0.5,
        tensorImmaRatio: 0.25,
      },
    ]);
  });

  const others: readonly (readonly [string, Point])[] = [
    ['another window', point(20_000, { window: '1m' })],
    ['a window that overlaps', point(25_000)],
    ['a series that is not followed', point(20_000, { variant: 'fp8' })],
    ['a series with another label', point(20_000, { variant: 'int8', zone: 'b' })],
    [
      'another measurement',
      { series: new PointSeries('inference', { model: 'resnet50' }), fields: {}, timestampMs: 20_000 },
    ],
  ];
  for (const [what, other] of others) {
    it(`leave out ${what}`, () => {
      notes.note([other], FOLLOWED);
      expect([...notes.of(0, 0, 60_000), ...notes.of(1, 0, 60_000)]).to.deep.equal([]);
    });
  }

  it('are of the series whose labels fit, within the range asked for', () => {
    notes.note(
      [10_000, 20_000, 30_000, 40_000].map((endMs) => point(endMs, { variant: 'int8', zone: 'a' })),
      FOLLOWED,
    );
    expect(notes.of(1, 10_000, 35_000).map(({ endMs }) => endMs)).to.deep.equal([20_000, 30_000]);
    expect(notes.of(0, 0, 60_000)).to.deep.equal([]);
  });

  it('hold the sum over several GPUs instead of its parts', () => {
    const parts = ['GPU-1', 'GPU-2', 'all'].map((gpu) => point(20_000, { gpu }));
    notes.note([point(10_000), ...parts, point(30_000)], FOLLOWED);
    expect(notes.of(0, 0, 60_000).map(({ gpu }) => gpu)).to.deep.equal(['GPU-1', 'all', 'GPU-1']);
  });

  it('forget what is old, and what another series left', () => {
    notes.note([point(10_000), point(20_000), point(30_000)], FOLLOWED);
    notes.forgetBefore(20_000);
    expect(notes.of(0, 0, 60_000)).to.have.length(2);
    notes.clearSlot(0);
    expect(notes.of(0, 0, 60_000)).to.deep.equal([]);
    notes.note([point(40_000)], FOLLOWED);
    expect(notes.of(0, 0, 60_000)).to.have.length(1);
  });
});
