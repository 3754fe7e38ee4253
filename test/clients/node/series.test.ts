import { expect } from 'chai';
import { Client } from '../../../clients/node/client.ts';
import type { SpanDetails } from '../../../clients/node/series.ts';
import { type DecodedColumns, decodeBatch, spanAt } from './decode-batch.ts';
import { ManualClientClock } from './manual-client-clock.ts';

const PHASES = ['preprocess', 'inference'] as const;
const AFTER_5_MS = '1800000000005000000';

describe('clients/node series', () => {
  const hostile: readonly (readonly [string, unknown, unknown?])[] = [
    ['a negative duration', -1],
    ['a duration that is no number', Number.NaN],
    ['an infinite duration', Number.POSITIVE_INFINITY],
    ['a duration beyond 104 days', 1e10],
    ['a duration as text', '5'],
    ['a bigint duration', 5n],
    ['a symbol as duration', Symbol('x')],
    ['no duration', undefined],
    ['null details', 5, null],
    ['an unknown status', 5, { status: 'maybe' }],
    ['a negative phase', 5, { phasesMs: [1, -1] }],
    ['an infinite phase', 5, { phasesMs: [Number.POSITIVE_INFINITY] }],
    ['more phases than declared', 5, { phasesMs: [1, 2, 3] }],
    ['phases by name', 5, { phasesMs: { inference: 4 } }],
    ['phases as text', 5, { phasesMs: ['1'] }],
    ['a bigint phase', 5, { phasesMs: [1, 2n] }],
    ['a negative batch size', 5, { batchSize: -1 }],
    ['a token count beyond 32 bits', 5, { inputTokens: 2 ** 32 }],
    ['output tokens as text', 5, { outputTokens: '7' }],
    ['a negative time to first token', 5, { timeToFirstTokenMs: -0.1 }],
    ['an infinite weight', 5, { weight: Number.POSITIVE_INFINITY }],
    ['a time of completion before 1970', 5, { endMs: -1 }],
    ['a time of completion beyond 64 bits', 5, { endMs: 2e13 }],
    ['a time of completion that is no number', 5, { endMs: Number.NaN }],
    ['a getter that throws', 5, throwing('phasesMs')],
  ];
  for (const [name, durationMs, details] of hostile) {
    it(`refuses ${name} without throwing, and leaves no trace in the next span`, () => {
      const { client, series, spans } = setUp();
      series.record(durationMs as number, details as SpanDetails);
      expect(client.stats()).to.include({ recorded: 0, invalid: 1, waiting: 0 });
      series.record(5);
      expect(client.stats()).to.include({ recorded: 1, invalid: 1 });
      expect(spans()).to.deep.equal([plainSpan()]);
    });
  }

  const badKeys: readonly (readonly [string, unknown])[] = [
    ['no key', undefined],
    ['an empty model', { model: '' }],
    ['a model that is no string', { model: 7 }],
    ['a label that is no string', { model: 'm', labels: { zone: 1 } }],
    ['phases that are no list', { model: 'm', phases: 7 }],
    ['an empty phase name', { model: 'm', phases: [''] }],
    ['65 phases', { model: 'm', phases: Array.from({ length: 65 }, (_, i) => `phase ${i}`) }],
    ['a getter that throws', throwing('model')],
  ];
  for (const [name, key] of badKeys) {
    it(`gives a series that counts every span as invalid for ${name}`, () => {
      const { client } = setUp();
      const series = client.series(key as { model: string });
      series.record(5);
      series.start().end();
      expect(client.stats()).to.include({ recorded: 0, invalid: 2 });
      expect(client.stats().lastError?.message).to.match(/^series: ./);
    });
  }

  it('is bounded: the 10,001st series is refused, the known ones go on', () => {
    const { client } = setUp();
    for (let i = 0; i < 10_001; i++) client.series({ model: `m${i}` });
    client.series({ model: 'm9' }).record(5);
    client.series({ model: 'new' }).record(5);
    expect(client.stats()).to.include({ recorded: 1, invalid: 1 });
    expect(client.stats().lastError?.message).to.equal('series: more than 10000 series');
  });

  it('takes NaN as "no such phase" and "unknown"', () => {
    const { series, spans } = setUp();
    series.record(5, { phasesMs: [Number.NaN, 4], batchSize: Number.NaN });
    expect(spans()).to.deep.equal([{ ...plainSpan(), phases: { inference: 4e6 } }]);
  });

  it('measures a request by its own clock, phase after phase', () => {
    const { clock, series, spans } = setUp();
    const request = series.start();
    request.phase('preprocess');
    clock.advance(1);
    request.phase('inference');
    clock.advance(10);
    request.firstToken();
    clock.advance(20);
    request.firstToken();
    request.phase('preprocess');
    clock.advance(2);
    request.end({ outputTokens: 3 });
    request.fail();
    expect(spans()).to.deep.equal([
      {
        ...plainSpan('1800000000033000000'),
        durationNano: 33e6,
        phases: { preprocess: 3e6, inference: 30e6 },
        outputTokens: 3,
        timeToFirstTokenNano: 11e6,
      },
    ]);
  });

  it('records a failed request, without the phases that never began', () => {
    const { clock, series, spans } = setUp();
    const request = series.start();
    request.phase('preprocess');
    clock.advance(5);
    request.fail();
    expect(spans()).to.deep.equal([{ ...plainSpan(AFTER_5_MS), status: 2, phases: { preprocess: 5e6 } }]);
  });

  it('ignores an undeclared phase, and refuses hostile details of a request', () => {
    const { client, clock, series, spans } = setUp();
    const request = series.start();
    request.phase('training' as 'inference');
    clock.advance(5);
    request.end();
    series.start().end(throwing('batchSize'));
    expect(spans()).to.deep.equal([plainSpan(AFTER_5_MS)]);
    expect(client.stats()).to.include({ recorded: 1, invalid: 1 });
  });

  it('reads the clock once for a burst of completions, and anew in the next turn', () => {
    const { clock, series, spans } = setUp();
    let readings = 0;
    const wallMs = clock.wallMs.bind(clock);
    clock.wallMs = () => {
      readings++;
      return wallMs();
    };
    for (let i = 0; i < 32; i++) series.record(5);
    expect(readings).to.equal(9);
    clock.advance(1);
    series.record(5);
    expect(readings).to.equal(10);
    expect(spans().at(-1)).to.include({ endUnixNano: '1800000000001000000' });
  });
});

function setUp() {
  const clock = new ManualClientClock(1_800_000_000_000);
  const batches: DecodedColumns[] = [];
  const transport = {
    open: () => ({
      send: (bytes: Uint8Array) => {
        const { columns } = decodeBatch(bytes);
        if (columns !== null) batches.push(columns);
      },
      end: () => {},
      cancel: () => {},
    }),
    reset: () => {},
  };
  const client = new Client({}, { clock, random: () => 0.5, transport });
  const series = client.series({ model: 'm', phases: PHASES });
  const spans = (): Record<string, unknown>[] => {
    clock.advance(500);
    return batches.flatMap((columns) => columns.seriesStatus.map((_, i) => spanAt(columns, i)));
  };
  return { clock, client, series, spans };
}

/** What `series.record(5)` at the start of a test sends. */
function plainSpan(endUnixNano = '1800000000000000000'): Record<string, unknown> {
  return {
    model: 'm',
    variant: '',
    version: '',
    operation: '',
    labels: {},
    status: 1,
    endUnixNano,
    durationNano: 5e6,
    phases: {},
    weight: undefined,
    batchSize: undefined,
    inputTokens: undefined,
    outputTokens: undefined,
    timeToFirstTokenNano: undefined,
  };
}

function throwing(name: string): Record<string, never> {
  return Object.defineProperty({}, name, {
    enumerable: true,
    get: () => {
      throw new Error('hostile');
    },
  });
}
