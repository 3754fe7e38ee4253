import { expect } from 'chai';
import { NO_GPU } from '../../agent/core/span-sink.ts';
import { SpanIntake } from '../../agent/ingest/span-intake.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { RecordingSink } from '../fakes/recording-sink.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { encodeBatch, type MessageFields } from './span-batch-codec.ts';

const NOW_MS = 1_800_000_000_000;
const NOW_NS = BigInt(NOW_MS) * 1_000_000n;
const TIMES = { startUnixNano: NOW_NS, durationNano: 1000 };
const UUIDS = Array.from({ length: 8 }, (_, i) => `GPU-8c4d3b2a-1f0e-4d5c-9b8a-70615243${i}fae`);

function setUp(labels: readonly string[] = []) {
  const sink = new RecordingSink();
  const options = { latenessMs: 30_000, intervalMs: 10_000, labels };
  const intake = new SpanIntake(options, sink, new ManualClock(NOW_MS), new SilentLogger());
  const send = (batch: MessageFields) => intake.receive(encodeBatch(batch), 'report');
  return { sink, send };
}

const row = (gpu: string): object => ({ model: 'm', ...TIMES, labels: gpu === '' ? {} : { gpu } });

function rows(gpus: readonly string[]): MessageFields {
  return { spans: gpus.map(row) };
}

/** As columns, a series for each. */
function columns(gpus: readonly string[]): MessageFields {
  const strings = ['m', 'gpu', ...gpus];
  return {
    columns: {
      strings,
      series: gpus.map((gpu, k) => ({ model: 1, labels: gpu === '' ? [] : [2, k + 3] })),
      seriesStatus: gpus.map((_, k) => k * 4),
      endUnixNano: gpus.map(() => NOW_NS),
      durationNano: gpus.map(() => 1000),
    },
  };
}

const LONGEST = 'x'.repeat(1024);
const CASES: readonly (readonly [string, string, string])[] = [
  ['a uuid', UUIDS[0], UUIDS[0]],
  ['eight uuids, longer than a name may be', UUIDS.join(), UUIDS.join()],
  ['none', '', ''],
  ['1,024 bytes', LONGEST, LONGEST],
  ['more than that', `${LONGEST}x`, ''],
  ['a control character', 'GPU-\u0001', ''],
];

describe('the label gpu', () => {
  for (const [form, encode] of [
    ['rows', rows],
    ['columns', columns],
  ] as const) {
    it(`${form}: gives spans of one series each its own GPU`, () => {
      const { sink, send } = setUp();
      const gpus = ['GPU-1', 'GPU-2', '', 'GPU-1'];
      send(encode(gpus));
      expect(sink.spans.map(({ gpu }) => gpu)).to.deep.equal(gpus);
      expect(sink.series).to.have.length(1);
      expect(sink.series[0].labels).to.deep.equal({});
    });

    for (const [title, sent, expected] of CASES) {
      it(`${form}: ${title}: ${expected === '' ? 'no GPU' : 'a GPU'}, and the span counts`, () => {
        const { sink, send } = setUp();
        expect(send(encode([sent]))).to.deep.include({ accepted: 1, rejected: 0 });
        expect(sink.spans[0].gpu).to.equal(expected);
        expect(sink.gpus).to.deep.equal(expected === '' ? [] : [expected]);
      });
    }

    it(`${form}: is a tag as well where the config lists it, and then obeys the rules of tags`, () => {
      const { sink, send } = setUp(['gpu']);
      expect(send(encode(['GPU-1', UUIDS.join()]))).to.deep.include({
        accepted: 1,
        rejections: [{ index: 1, reason: 'label_too_long' }],
      });
      expect([sink.series[0].labels, sink.spans[0].gpu]).to.deep.equal([{ gpu: 'GPU-1' }, 'GPU-1']);
    });
  }

  it('comes from the batch where a row has none', () => {
    const { sink, send } = setUp();
    send({ ...rows(['', 'GPU-2']), series: { labels: { gpu: 'GPU-0' } } });
    expect(sink.spans.map(({ gpu }) => gpu)).to.deep.equal(['GPU-0', 'GPU-2']);
  });

  it('does not outlive its message', () => {
    const { sink, send } = setUp();
    for (const gpu of ['GPU-1', '', 'GPU-2', '']) send(rows([gpu]));
    expect(sink.spans.map(({ gpu }) => gpu)).to.deep.equal(['GPU-1', '', 'GPU-2', '']);
  });

  it('is none beyond what the sink remembers', () => {
    const { sink, send } = setUp();
    sink.maxGpus = 1;
    send(rows(['GPU-1', 'GPU-2', 'GPU-1']));
    expect(sink.spans.map(({ gpu }) => gpu)).to.deep.equal(['GPU-1', '', 'GPU-1']);
    expect(sink.openGpu('GPU-2')).to.equal(NO_GPU);
  });

  it('keeps its id when the sink frees series', () => {
    const { sink, send } = setUp();
    send(rows(['GPU-1']));
    sink.seriesGeneration++;
    send(rows(['GPU-2', 'GPU-1']));
    expect(sink.gpus).to.deep.equal(['GPU-1', 'GPU-2']);
    expect(sink.spans.map(({ gpu }) => gpu)).to.deep.equal(['GPU-1', 'GPU-2', 'GPU-1']);
  });
});
