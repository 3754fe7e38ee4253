import { expect } from 'chai';
import { SpanIntake } from '../../agent/ingest/span-intake.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { RecordingSink } from '../fakes/recording-sink.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { encodeBatch, type MessageFields } from './span-batch-codec.ts';

const NOW_MS = 1_800_000_000_000;
const NOW_NS = BigInt(NOW_MS) * 1_000_000n;
const DAY_NS = 24n * 3600n * 1_000_000_000n;
const GOOD = { model: 'm', startUnixNano: NOW_NS, durationNano: 1000 };
const COLUMNS = {
  strings: ['m', 'queue'],
  series: [{ model: 1 }],
  seriesStatus: [1],
  endUnixNano: [NOW_NS],
  durationNano: [1000],
};
const MS = 1_000_000n;
const phases = (count: number): object[] =>
  Array.from({ length: count }, (_, k) => ({ name: `p${k}`, durationNano: 1 }));

/** Columns of so many phases, of which the span has not the last `missing`. */
function phaseColumns(count: number, missing: number): MessageFields {
  const names = Array.from({ length: count }, (_, k) => `p${k}`);
  const durations = names.map((_, k) => (k < count - missing ? k : Number.NaN));
  return {
    strings: ['m', 'queue', ...names],
    phases: durations.map((durationNano, k) => ({ name: k + 3, durationNano: [durationNano] })),
  };
}

function setUp() {
  const sink = new RecordingSink();
  const options = { latenessMs: 30_000, intervalMs: 10_000, labels: ['gpu'], labelBytes: 16 };
  const intake = new SpanIntake(options, sink, new ManualClock(NOW_MS), new SilentLogger());
  const send = (batch: MessageFields) => intake.receive(encodeBatch(batch), 'report');
  return { sink, intake, send };
}

/** Row, and the reason for which it is refused; an empty reason: it is taken. */
const ROWS: readonly (readonly [string, MessageFields, string])[] = [
  ['a plain span', {}, ''],
  ['no duration at all', { durationNano: 0 }, ''],
  ['a negative duration', { durationNano: -1 }, 'negative_duration'],
  ['the most negative duration', { durationNano: -(2n ** 63n) }, 'negative_duration'],
  ['24 h', { startUnixNano: NOW_NS - DAY_NS, durationNano: DAY_NS }, ''],
  [
    '24 h and a nanosecond',
    { startUnixNano: NOW_NS - DAY_NS, durationNano: DAY_NS + 1n },
    'duration_too_long',
  ],
  ['the longest duration', { durationNano: 2n ** 63n - 1n }, 'duration_too_long'],
  ['no start', { startUnixNano: 0 }, 'time_out_of_range'],
  ['a sum beyond 64 bits', { startUnixNano: 2n ** 64n - 1n, durationNano: 1 }, 'time_out_of_range'],
  ['the last nanosecond of 64 bits', { startUnixNano: 2n ** 64n - 2n, durationNano: 1 }, 'clock_ahead'],
  ['1970', { startUnixNano: 1, durationNano: 1 }, 'too_late'],
  ['2100', { startUnixNano: 4_102_444_800_000_000_000n }, 'clock_ahead'],
  ['as late as may be', { startUnixNano: NOW_NS - 30_000n * MS, durationNano: 0 }, ''],
  ['a nanosecond later', { startUnixNano: NOW_NS - 30_000n * MS - 1n, durationNano: 0 }, 'too_late'],
  ['late by its start only', { startUnixNano: NOW_NS - 60_000n * MS, durationNano: 60_000n * MS }, ''],
  ['ahead by 5 s', { startUnixNano: NOW_NS + 5000n * MS, durationNano: 999_999 }, ''],
  ['ahead by 5.001 s', { startUnixNano: NOW_NS + 5001n * MS, durationNano: 0 }, 'clock_ahead'],
  ['status 3', { status: 3 }, 'invalid_status'],
  ['status -1', { status: -1 }, 'invalid_status'],
  ['weight 1e6', { weight: 1e6 }, ''],
  ['weight 1.5', { weight: 1.5 }, ''],
  ['weight 0.5', { weight: 0.5 }, 'invalid_weight'],
  ['weight -1', { weight: -1 }, 'invalid_weight'],
  ['weight NaN', { weight: Number.NaN }, 'invalid_weight'],
  ['weight 1e6 + 1', { weight: 1e6 + 1 }, 'invalid_weight'],
  ['32 phases', { phases: phases(32) }, ''],
  ['33 phases', { phases: phases(33) }, 'too_many_phases'],
  ['100 phases', { phases: phases(100) }, 'too_many_phases'],
  ['a phase without a name', { phases: [{ durationNano: 1 }] }, 'invalid_phase'],
  ['a negative phase', { phases: [{ name: 'queue', durationNano: -1 }] }, 'invalid_phase'],
  ['a phase of 25 h', { phases: [{ name: 'queue', durationNano: (DAY_NS * 25n) / 24n }] }, 'invalid_phase'],
  ['a phase of too long a name', { phases: [{ name: 'x'.repeat(17) }] }, 'invalid_phase'],
  ['a phase with a control character', { phases: [{ name: 'a\u0000' }] }, 'invalid_phase'],
  [
    'a negative phase among others so named',
    {
      phases: [
        { name: 'a', durationNano: 9 },
        { name: 'a', durationNano: -1 },
      ],
    },
    'invalid_phase',
  ],
  ['a negative time to first token', { timeToFirstTokenNano: -1 }, 'invalid_phase'],
  ['no model', { model: '' }, 'missing_model'],
  ['a model of 16 bytes', { model: 'x'.repeat(16) }, ''],
  ['a model of 17 bytes', { model: 'x'.repeat(17) }, 'label_too_long'],
  ['a model of 10,000 characters', { model: 'x'.repeat(10_000) }, 'label_too_long'],
  ['a variant of 17 bytes in 9 characters', { variant: 'é'.repeat(9) }, 'label_too_long'],
  ['a control character', { model: 'a\nb' }, 'label_invalid'],
  ['a control character of C1', { version: 'a\u0085b' }, 'label_invalid'],
  ['DEL', { operation: '\u007f' }, 'label_invalid'],
  ['text of other scripts', { model: 'модель 模型' }, 'label_too_long'],
  ['short text of other scripts', { model: '模型é' }, ''],
  ['an allowed label of 17 bytes', { labels: { gpu: 'x'.repeat(17) } }, 'label_too_long'],
  ['an allowed label with a tab', { labels: { gpu: '\t' } }, 'label_invalid'],
  ['another label of 17 bytes', { labels: { other: 'x'.repeat(17) } }, ''],
  ['another label with a tab', { labels: { other: '\t' } }, ''],
];

const COLUMN_CHANGES: readonly (readonly [string, MessageFields, string])[] = [
  ['plain columns', {}, ''],
  ['a duration with a fraction', { durationNano: [1000.9] }, ''],
  ['a negative duration', { durationNano: [-0.5] }, 'negative_duration'],
  ['an infinite duration', { durationNano: [Number.POSITIVE_INFINITY] }, 'duration_too_long'],
  ['a duration that is no number', { durationNano: [Number.NaN] }, 'time_out_of_range'],
  ['no end', { endUnixNano: [0] }, 'time_out_of_range'],
  ['status 3', { seriesStatus: [3] }, 'invalid_status'],
  ['a weight that is not known', { weight: [Number.NaN] }, ''],
  ['a weight below 1', { weight: [0.5] }, 'invalid_weight'],
  ['an infinite weight', { weight: [Number.POSITIVE_INFINITY] }, 'invalid_weight'],
  ['counts that are not known', { batchSize: [Number.NaN], inputTokens: [Number.NaN] }, ''],
  ['a negative count', { batchSize: [-1] }, 'invalid_count'],
  ['half a token', { inputTokens: [0.5] }, 'invalid_count'],
  ['2^32 tokens', { outputTokens: [2 ** 32] }, 'invalid_count'],
  ['a phase that is not there', { phases: [{ name: 2, durationNano: [Number.NaN] }] }, ''],
  ['an infinite phase', { phases: [{ name: 2, durationNano: [Number.POSITIVE_INFINITY] }] }, 'invalid_phase'],
  ['a phase without a name', { phases: [{ name: 0, durationNano: [1] }] }, 'invalid_phase'],
  ['32 phases', phaseColumns(32, 0), ''],
  ['33 phases', phaseColumns(33, 0), 'too_many_phases'],
  ['40 phases, 8 of which are not there', phaseColumns(40, 8), ''],
  ['40 phases, 7 of which are not there', phaseColumns(40, 7), 'too_many_phases'],
  ['a series without a model', { series: [{ variant: 1 }] }, 'missing_model'],
];

describe('span rules', () => {
  const all = [
    ...ROWS.map(
      ([title, change, reason]) => [`row: ${title}`, { spans: [{ ...GOOD, ...change }] }, reason] as const,
    ),
    ...COLUMN_CHANGES.map(
      ([title, change, reason]) =>
        [`columns: ${title}`, { columns: { ...COLUMNS, ...change } }, reason] as const,
    ),
  ];
  for (const [title, batch, reason] of all) {
    it(`${title}: ${reason || 'taken'}`, () => {
      const { sink, send } = setUp();
      const rejections = reason === '' ? [] : [{ index: 0, reason }];
      expect(send(batch)).to.deep.include({ kind: 'ack', rejections, rejected: rejections.length });
      expect(sink.spans).to.have.length(1 - rejections.length);
    });
  }

  it('refuses spans with bad phases, and leaves those of the others as they are', () => {
    const { sink, send } = setUp();
    const durations = [1, -1, 2, 3];
    const spans = durations.map((durationNano) => ({ ...GOOD, phases: [{ name: 'queue', durationNano }] }));
    const rejections = [{ index: 1, reason: 'invalid_phase' }];
    expect(send({ spans })).to.deep.include({ accepted: 3, rejections });
    expect(sink.spans.map(({ phases }) => phases['queue'])).to.deep.equal([1, 2, 3]);
  });

  it('opens no phase for spans that it refuses', () => {
    const { sink, send } = setUp();
    send({ spans: [{ ...GOOD, phases: [{ name: 'queue' }, { name: '' }] }] });
    expect(sink.phases).to.deep.equal([]);
  });

  it('refuses text that is not UTF-8', () => {
    const { intake } = setUp();
    const bytes = encodeBatch({ spans: [{ ...GOOD, model: 'abc' }] });
    bytes[bytes.indexOf(0x62)] = 0xff;
    expect(intake.receive(bytes, 'report')).to.deep.include({
      rejections: [{ index: 0, reason: 'label_invalid' }],
    });
  });
});
