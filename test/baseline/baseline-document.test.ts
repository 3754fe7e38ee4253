import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { decodeDocument, encodeDocument } from '../../agent/baseline/baseline-document.ts';
import type { Recording, SliceRecord } from '../../agent/baseline/recording.ts';
import { ROOT } from '../source-files.ts';
import { binned } from './binned.ts';
import { emptySlice, RESNET, SAMPLE } from './sample-recording.ts';

const GOLDEN = join(ROOT, 'test/golden/baseline/sample.json');
const golden = readFileSync(GOLDEN, 'utf8');

describe('the document of a baseline', () => {
  it('is written as recorded in test/golden/baseline/sample.json', () => {
    expect(encodeDocument({ name: 'fp16', recording: SAMPLE })).to.equal(golden);
  });

  it('has a slice, a GPU window and an operator a line', () => {
    expect(golden.split('\n').filter((line) => line.startsWith('{"'))).to.have.length(3 + 1 + 1);
  });

  it('comes back as it was, whatever its line breaks', () => {
    for (const text of [
      golden,
      JSON.stringify(JSON.parse(golden)),
      JSON.stringify(JSON.parse(golden), null, 4),
    ])
      expect(decodeDocument(text)).to.deep.equal({ ok: true, document: { name: 'fp16', recording: SAMPLE } });
  });

  it('comes back as it was, whatever was recorded', () => {
    fc.assert(
      fc.property(fc.array(anySlice(), { maxLength: 5 }), (slices) => {
        const recording = recordingOf(slices);
        expect(decodeDocument(encodeDocument({ recording }))).to.deep.equal({
          ok: true,
          document: { recording },
        });
      }),
    );
  });

  const cases: readonly (readonly [string, (document: Loose) => void, string])[] = [
    [
      'another format',
      (d) => {
        d['format'] = 'kineto';
      },
      'this is no baseline: "format" must be "infermeter-baseline"',
    ],
    [
      'a later version',
      (d) => {
        d['version'] = 2;
      },
      'version 2 is not read here, only 1',
    ],
    [
      'an unknown key',
      (d) => {
        d['slices'][0]['retries'] = 1;
      },
      'slices[0].retries: there is no such key',
    ],
    [
      'no model',
      (d) => {
        d['series']['model'] = '';
      },
      'series.model: must not be empty',
    ],
    [
      'a label that is no text',
      (d) => {
        d['series']['labels']['zone'] = 1;
      },
      'series.labels.zone: must be a text',
    ],
    [
      'a negative number',
      (d) => {
        d['slices'][0]['weightedNs'] = -1;
      },
      'slices[0].weightedNs: must be a number, 0 or more',
    ],
    [
      'half a request',
      (d) => {
        d['slices'][0]['requests'] = 1.5;
      },
      'slices[0].requests: must be a whole number, 0 or more',
    ],
    [
      'more errors than requests',
      (d) => {
        d['slices'][0]['errors'] = 9;
      },
      'slices[0]: more failed than stated their end, or more stated it than there were',
    ],
    [
      'more values than requests',
      (d) => {
        d['slices'][0]['requests'] = 2;
        d['slices'][0]['stated'] = 2;
      },
      'slices[0].latency: more values than requests',
    ],
    [
      'bins that do not add up',
      (d) => {
        d['slices'][0]['latency']['bins'][1] = 7;
      },
      'slices[0].latency: its bins hold 9 values, not 3',
    ],
    [
      'bins out of order',
      (d) => {
        d['slices'][0]['latency']['bins'].reverse();
      },
      'slices[0].latency.bins: bins are whole numbers that ascend, below 3392',
    ],
    [
      'a count of 0',
      (d) => {
        d['slices'][0]['latency']['bins'][1] = 0;
      },
      'slices[0].latency.bins: counts are whole numbers above 0',
    ],
    [
      'half a pair',
      (d) => {
        d['slices'][0]['latency']['bins'].push(3391);
      },
      'slices[0].latency.bins: must be pairs of a bin and a count, one at least',
    ],
    [
      'no bins',
      (d) => {
        d['slices'][0]['latency']['bins'] = [];
      },
      'slices[0].latency.bins: must be pairs of a bin and a count, one at least',
    ],
    [
      'a minimum outside of its bin',
      (d) => {
        d['slices'][0]['latency']['min'] = 1;
      },
      'slices[0].latency: min and max do not lie in the first and the last bin',
    ],
    [
      'an impossible sum',
      (d) => {
        d['slices'][0]['latency']['sum'] = 1;
      },
      'slices[0].latency: the sum does not lie between count · min and count · max',
    ],
    [
      'slices out of order',
      (d) => {
        d['slices'].reverse();
      },
      'slices[1].startMs: slices ascend, start at multiples of sliceMs, and lie between fromMs and toMs',
    ],
    [
      'a slice beyond the end',
      (d) => {
        d['toMs'] = d['fromMs'] + 3500;
      },
      'slices[2].startMs: slices ascend, start at multiples of sliceMs, and lie between fromMs and toMs',
    ],
    [
      'slices of no length',
      (d) => {
        d['sliceMs'] = 0;
      },
      'sliceMs: must be above 0, and toMs not before fromMs',
    ],
    [
      'slices that are no list',
      (d) => {
        d['slices'] = {};
      },
      'slices: must be a list of at most 86400',
    ],
    [
      'a GPU figure that is a text',
      (d) => {
        d['gpu'][0]['requests'] = 'many';
      },
      'gpu[0].requests: must be a number, 0 or more',
    ],
    [
      'an operator without a name',
      (d) => {
        delete d['profile']['operators'][0]['name'];
      },
      'profile.operators[0].name: must be a text of at most 4096 characters',
    ],
  ];
  for (const [name, damage, message] of cases) {
    it(`with ${name} is refused`, () => {
      const document = JSON.parse(golden);
      damage(document);
      expect(decodeDocument(JSON.stringify(document))).to.deep.equal({ ok: false, message });
    });
  }

  for (const [name, text, message] of [
    ['an empty file', '', /^this is no JSON: /],
    ['a file that ends too early', golden.slice(0, -100), /^this is no JSON: /],
    ['null', 'null', /^this is no baseline/],
    ['a list', '[]', /^this is no baseline/],
  ] as const) {
    it(`refuses ${name}`, () => {
      const decoded = decodeDocument(text);
      expect(decoded.ok ? '' : decoded.message).to.match(message);
    });
  }
});

type Loose = ReturnType<typeof JSON.parse>;

function anySlice(): fc.Arbitrary<Omit<SliceRecord, 'startMs'>> {
  const values = fc.array(fc.nat({ max: 10_000_000 }), { minLength: 1, maxLength: 20 }).map(binned);
  return fc
    .record({
      latency: values,
      phase: values,
      name: fc.string({ minLength: 1, maxLength: 8 }),
      extra: fc.nat(5),
    })
    .map(({ latency, phase, name, extra }) => {
      const requests = latency.count + phase.count + extra;
      const phases = new Map([[`p${name}`, phase]]);
      return {
        requests,
        weight: requests * 1.5,
        stated: requests,
        errors: extra,
        weightedNs: latency.sum,
        latency,
        phases,
      };
    });
}

function recordingOf(slices: readonly Omit<SliceRecord, 'startMs'>[]): Recording {
  const timed = slices.map((slice, index) => ({ ...slice, startMs: index * 2000 }));
  const all = [...timed, emptySlice(timed.length * 2000)];
  return { series: RESNET, fromMs: 0, toMs: timed.length * 2000 + 1000, sliceMs: 1000, slices: all, gpu: [] };
}
