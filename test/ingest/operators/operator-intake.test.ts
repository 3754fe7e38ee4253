import { expect } from 'chai';
import fc from 'fast-check';
import { OperatorIntake, type OperatorReceipt } from '../../../agent/ingest/operators/operator-intake.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { encodeReport } from './operator-client.ts';

const NOW_MS = 1_800_000_000_000;
const SERIES = { model: 'm', variant: 'v' };

type Fields = Readonly<Record<string, unknown>>;

describe('operator intake', () => {
  let intake: OperatorIntake;
  beforeEach(() => {
    const options = { operators: 2, labels: [], labelBytes: 16 };
    intake = new OperatorIntake(options, {}, new ManualClock(NOW_MS));
  });

  const receive = (fields: Fields): OperatorReceipt =>
    intake.receive(encodeReport({ series: SERIES, ...fields }));
  const operators = (...selfNanos: number[]): Fields[] =>
    selfNanos.map((selfNano, index) => ({
      name: `op${index}`,
      device: 'cuda',
      calls: 1,
      totalNano: 100,
      selfNano,
    }));
  const figures = (): (string | number | undefined)[][] =>
    intake.drain().map(({ series, fields }) => {
      const { calls, self_seconds, share_ratio, operators } = fields as Readonly<Record<string, number>>;
      return [series.tags['operator'], operators, calls, Math.round(self_seconds * 1e9), share_ratio];
    });

  it('keeps the operators that took most of a device, and sums up the rest', () => {
    expect(receive({ operators: operators(10, 40, 30, 20) })).to.include({ accepted: 4, rejected: 0 });
    expect(figures()).to.deep.equal([
      ['op1', 1, 1, 40, 0.4],
      ['op2', 1, 1, 30, 0.3],
      ['__other__', 2, 2, 30, 0.3],
    ]);
  });

  it('ranks each device by itself', () => {
    const cpu = { name: 'aten::add', device: 'cpu', calls: 7, totalNano: 1000, selfNano: 1000 };
    receive({ operators: [...operators(10, 20, 30), cpu] });
    const shares = intake
      .drain()
      .map(({ series, fields }) => [
        series.tags['device'],
        series.tags['operator'],
        (fields as { share_ratio?: number }).share_ratio,
      ]);
    expect(shares).to.deep.equal([
      ['cpu', 'aten::add', 1],
      ['cuda', 'op2', 0.5],
      ['cuda', 'op1', 1 / 3],
      ['cuda', '__other__', 1 / 6],
    ]);
  });

  it('adds up an operator that comes twice', () => {
    receive({ operators: [...operators(10), ...operators(30)] });
    expect(figures()).to.deep.equal([['op0', 1, 2, 40, 1]]);
  });

  it('counts a profile once that comes again, and gives its first answer', () => {
    const report = { profileId: Buffer.from('one'), operators: operators(1, -1) };
    const first = receive(report);
    expect(first).to.include({ accepted: 1, rejected: 1, duplicate: false });
    expect(receive(report)).to.deep.equal({ ...first, duplicate: true });
    expect(intake.drain()).to.have.length(1);
    expect(intake.counts()).to.include({ profiles: 1, received: 4, accepted: 1, duplicate: 2 });
  });

  it('remembers a bounded number of profiles', () => {
    const send = (index: number) => receive({ profileId: Buffer.from(`p${index}`), operators: operators(1) });
    for (let index = 0; index < 4097; index++) send(index);
    intake.drain();
    expect(send(1)).to.include({ duplicate: true });
    expect(send(0)).to.include({ duplicate: false });
  });

  it('bounds the tag sets of a day: what is beyond counts with the rest, or not at all', () => {
    receive({ operators: operators(1, 2, 3) });
    for (let index = 0; index < 9997; index++)
      receive({ series: { model: `m${index}` }, operators: operators(1) });
    intake.drain();
    const other = { name: 'new', device: 'cuda', calls: 1, totalNano: 9, selfNano: 9 };
    expect(receive({ operators: [other] })).to.include({ accepted: 1, rejected: 0 });
    expect(figures()).to.deep.equal([['__other__', 1, 1, 9, 1]]);
    expect(receive({ series: { model: 'new' }, operators: [other] })).to.include({
      accepted: 0,
      rejected: 1,
      reason: 'too_many_series',
    });
  });

  const refusals: readonly (readonly [string, Fields, string])[] = [
    ['no model', { series: {} }, 'missing_model'],
    ['a long variant', { series: { model: 'm', variant: 'v'.repeat(17) } }, 'label_too_long'],
    ['a long profiler', { profiler: 'p'.repeat(17) }, 'label_too_long'],
    ['a line break in a name', { series: { model: 'a\nb' } }, 'label_invalid'],
    ['seconds for nanoseconds', { endUnixNano: 1_800_000_000 }, 'time_out_of_range'],
    ['the future', { endUnixNano: `${NOW_MS + 6000}000000` }, 'clock_ahead'],
  ];
  for (const [title, fields, reason] of refusals) {
    it(`refuses all of a profile with ${title}: ${reason}`, () => {
      const receipt = receive({ operators: operators(1, 2), ...fields });
      expect(receipt).to.include({ accepted: 0, rejected: 2, reason });
      expect(intake.drain()).to.deep.equal([]);
      expect(intake.counts().rejected).to.deep.equal({ [reason]: 2 });
      expect(intake.counts().profiles).to.equal(0);
    });
  }

  const flaws: readonly (readonly [string, Fields, string])[] = [
    ['no name', { name: ' \n' }, 'missing_name'],
    ['a negative total', { totalNano: -1 }, 'negative_duration'],
    ['a negative self time', { selfNano: -1 }, 'negative_duration'],
  ];
  for (const [title, fields, reason] of flaws) {
    it(`refuses the operator alone that has ${title}: ${reason}`, () => {
      const [good, bad] = operators(1, 2);
      const receipt = receive({ operators: [good, { ...bad, ...fields }] });
      expect(receipt).to.include({ accepted: 1, rejected: 1, reason });
      expect(intake.drain()).to.have.length(1);
    });
  }

  it('refuses devices beyond the sixteenth', () => {
    const many = Array.from({ length: 17 }, (_, device) => ({
      ...operators(1)[0],
      device: `cuda:${device}`,
    }));
    expect(receive({ operators: many })).to.include({
      accepted: 16,
      rejected: 1,
      reason: 'too_many_devices',
    });
  });

  it('stamps a profile with its end, however long ago', () => {
    receive({ endUnixNano: '1600000000123456789', operators: operators(1) });
    expect(intake.drain()[0].timestampMs).to.equal(1_600_000_000_123);
  });

  it('refuses more operators than any profile has before it keeps them', () => {
    const message = Buffer.concat(Array.from({ length: 65_537 }, () => Buffer.from([50, 0])));
    expect(intake.receive(message)).to.deep.equal({ kind: 'malformed', reason: 'more than 65536 operators' });
  });

  it('answers any bytes', () => {
    const report = encodeReport({ series: SERIES, profiler: 'torch', operators: operators(1, 2, 3) });
    const mutated = fc
      .array(fc.tuple(fc.nat(report.length - 1), fc.nat(255)), { maxLength: 8 })
      .map((changes) => {
        const bytes = Buffer.from(report);
        for (const [at, byte] of changes) bytes[at] = byte;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), (bytes) => {
        expect(intake.receive(bytes).kind).to.be.oneOf(['ack', 'malformed']);
        intake.drain();
      }),
    );
    const { received, accepted, duplicate, rejected } = intake.counts();
    expect(received).to.equal(accepted + duplicate + Object.values(rejected).reduce((sum, n) => sum + n, 0));
  });
});
