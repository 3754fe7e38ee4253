import { readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { decodeDocument, encodeDocument } from '../../agent/baseline/baseline-document.ts';
import { importFiles } from '../../agent/import/import-files.ts';
import { traceFormats } from '../../agent/import/trace-formats.ts';
import { ROOT } from '../source-files.ts';
import { messageOf, SERIES, TraceFiles } from './trace-files.ts';

const CAPTURES = join(ROOT, 'test/captures/traces');
const capture = (name: string): string => join(CAPTURES, name);

describe('import', () => {
  let files: TraceFiles;
  beforeEach(() => {
    files = new TraceFiles();
  });
  afterEach(() => files.remove());

  for (const [name, kind, requests, operators, iterations] of [
    ['trtexec-times.json', 'trtexec-times', 3, undefined, undefined],
    ['trtexec-times-7.json', 'trtexec-times', 2, undefined, undefined],
    ['trtexec-profile.json', 'trtexec-profile', 0, 3, 200],
    ['trtexec-profile-7.json', 'trtexec-profile', 0, 2, 100],
    ['torch-cpu.json.gz', 'kineto', 4, 57, 4],
    ['kineto-h200.json.gz', 'kineto', 3, 9, 3],
    ['onnxruntime-cpu.json.gz', 'onnxruntime', 5, 9, 5],
  ] as const) {
    it(`knows ${name} as ${kind} by its content, and keeps it as a baseline`, async () => {
      const { recording, files: read } = await files.import([capture(name)]);
      expect(read[0].format.kind).to.equal(kind);
      expect(recording.slices.reduce((sum, slice) => sum + slice.requests, 0)).to.equal(requests);
      expect(recording.profile?.operators.length).to.equal(operators);
      expect(recording.profile?.iterations).to.equal(iterations);
      const decoded = decodeDocument(encodeDocument({ recording }));
      expect(decoded).to.have.property('ok', true);
    });
  }

  for (const name of ['trtexec-times.json', 'trtexec-times-7.json']) {
    it(`has the phases of ${name} under the same names, in slices by the end of each request`, async () => {
      const path = files.write(name, readFileSync(capture(name)));
      utimesSync(path, 1_800_000_000, 1_800_000_000);
      const { recording } = await files.import([path]);
      const [first, , second] = recording.slices;
      expect([first.requests, second.requests, recording.sliceMs]).to.deep.equal([0, 1, 1]);
      expect(second.latency).to.include({ count: 1, sum: 1_275_000 });
      const sums = [...second.phases].map(([phase, { sum }]) => [phase, sum]);
      expect(sums).to.deep.equal([
        ['h2d', 50_000],
        ['inference', 1_200_000],
        ['d2h', 25_000],
        ['enqueue', 60_000],
      ]);
      expect(recording.toMs).to.equal(1_800_000_000_000);
    });
  }

  it('takes layers of trtexec as operators of the GPU, with as many calls as runs', async () => {
    const { recording } = await files.import([capture('trtexec-profile.json')]);
    expect(recording.profile?.operators[0]).to.deep.equal({
      name: 'conv1 + relu1',
      device: 'cuda',
      calls: 200,
      totalNs: 150_000_000,
      selfNs: 150_000_000,
    });
  });

  it('joins times and profile of one run', async () => {
    const paths = ['trtexec-times.json', 'trtexec-profile.json'].map(capture);
    const { recording, notes } = await files.import(paths);
    expect(recording.profile?.iterations).to.equal(200);
    expect(recording.slices).to.have.length(51);
    expect(notes).to.deep.equal([]);
  });

  it('has enough slices of a short run, and says when it is too short for that', async () => {
    const run = (seconds: number) =>
      Array.from({ length: 500 * seconds }, (_, index) => ({
        startH2dMs: index * 2,
        startComputeMs: index * 2,
        computeMs: 1.5,
        latencyMs: 2,
      }));
    const three = await files.import([files.write('three.json', run(3))]);
    expect([three.recording.sliceMs, three.recording.slices.length]).to.deep.equal([50, 61]);
    const minute = await files.import([files.write('minute.json', run(60))]);
    expect([minute.recording.sliceMs, minute.recording.slices.length]).to.deep.equal([1000, 61]);
    const { notes } = await files.import([files.write('short.json', run(3).slice(0, 10))]);
    expect(notes.join()).to.contain('21 ms are too short for 40 slices');
  });

  const event = (more: object) => ({
    ph: 'X',
    cat: 'cpu_op',
    name: 'aten::add',
    pid: 1,
    tid: 1,
    ts: 0,
    dur: 1,
    ...more,
  });
  const operatorsOf = async (...events: object[]) => {
    const { recording } = await files.import([files.write('trace.json', { traceEvents: events })]);
    return (recording.profile?.operators ?? []).map(({ name, device, calls, totalNs, selfNs }) =>
      [name, device, calls, totalNs, selfNs].join(' '),
    );
  };

  it('takes kernels and copies as operators of the GPU, and no annotation there', async () => {
    const kernels = await operatorsOf(
      event({ cat: 'kernel', name: 'gemm', dur: 5.25 }),
      event({ cat: 'kernel', name: 'gemm', dur: 5 }),
      event({ cat: 'gpu_memcpy', name: 'Memcpy HtoD', dur: 2 }),
      event({ cat: 'gpu_user_annotation', name: 'ProfilerStep#1', dur: 50 }),
    );
    expect(kernels).to.deep.equal(['gemm cuda 2 10250 10250', 'Memcpy HtoD cuda 1 2000 2000']);
  });

  it('finds own times whatever the order of events, by process and thread', async () => {
    const own = await operatorsOf(
      event({ name: 'inner', ts: 2.5, dur: 3 }),
      event({ name: 'outer', ts: 1, dur: 10 }),
      event({ name: 'other thread', ts: 3, dur: 1, tid: 'b' }),
      event({ name: 'other process', ts: 3, dur: 0.5, pid: 2 }),
    );
    expect(own).to.deep.equal([
      'outer cpu 1 10000 7000',
      'inner cpu 1 3000 3000',
      'other thread cpu 1 1000 1000',
      'other process cpu 1 500 500',
    ]);
  });

  it('sees steps as requests at their time of day', async () => {
    const step = (number: number) =>
      event({ cat: 'user_annotation', name: `ProfilerStep#${number}`, ts: number * 100_000, dur: 90_000 });
    const trace = { traceEvents: [step(1), step(2)], baseTimeNanoseconds: 1_700_000_000_000_000_000 };
    const { recording } = await files.import([files.write('trace.json', trace)]);
    expect(recording.fromMs).to.equal(1_700_000_000_100);
    expect(recording.slices.reduce((sum, { requests }) => sum + requests, 0)).to.equal(2);
    expect(recording.profile).to.deep.include({ profiler: 'torch', iterations: 2 });
    expect(recording.profile?.operators).to.deep.equal([
      { name: 'ProfilerStep*', device: 'cpu', calls: 2, totalNs: 180_000_000, selfNs: 180_000_000 },
    ]);
  });

  for (const [title, ts] of [
    ['counts from its own start', 5],
    ['is years ahead', 4e15],
  ] as const) {
    it(`takes the time of the file where its clock ${title}`, async () => {
      const step = event({ cat: 'user_annotation', name: 'ProfilerStep#1', ts, dur: 50_000 });
      const path = files.write('trace.json', { traceEvents: [step] });
      utimesSync(path, 1_700_000_000, 1_700_000_000);
      const { recording } = await files.import([path]);
      expect(recording.toMs).to.equal(1_700_000_000_000);
    });
  }

  it('takes the runs of the model from whoever asks where the file does not say', async () => {
    const path = files.write('trace.json', { traceEvents: [event({})] });
    const { recording, notes } = await importFiles([path], SERIES, () => files.options(), 7);
    expect([recording.profile?.iterations, notes.join()]).to.deep.equal([
      7,
      'no requests: only operators can be compared',
    ]);
    const unknown = await files.import([path]);
    expect(unknown.recording.profile?.iterations).to.equal(0);
    expect(unknown.notes.join()).to.contain('without --iterations operators have no ratio');
  });

  it('leaves out events of negative duration, and says how many', async () => {
    const path = files.write('trace.json', { traceEvents: [event({}), event({ dur: -1 })] });
    const { files: read } = await files.import([path]);
    expect(read[0].skipped).to.deep.equal({ 'events of negative duration': 1 });
  });

  const faults: readonly (readonly [string, string, string | Buffer | object, string])[] = [
    ['nothing', 'a.json', '', 'a.json: byte 0: expected JSON, found nothing'],
    ['an empty list', 'a.json', '[]', 'found nothing of it'],
    [
      'another list',
      'a.json',
      '[{"x":1}]',
      'a.json: byte 7: expected times of trtexec (--exportTimes), or a profile of',
    ],
    ['a list of numbers', 'a.json', '[1]', 'a.json: byte 1: expected an object'],
    ['another object', 'a.json', '{"x":1}', 'found nothing of it'],
    [
      'events of another program',
      'a.json',
      { traceEvents: [{ ph: 'X', cat: 'v8', name: 'x' }] },
      'expected operators',
    ],
    [
      'the end too early',
      'a.json',
      '[{"latencyMs":1,"computeMs":1,"startInMs":0},',
      'a.json: byte 45: expected more',
    ],
    ['no gzip', 'a.json', Buffer.from([0x1f, 0x8b, 1, 2]), 'a.json: expected a whole gzip file'],
    [
      'a time that is none',
      'a.json',
      '[{"latencyMs":"1","computeMs":1}]',
      'byte 31: expected an inference with "latencyMs"',
    ],
    [
      'a layer without time',
      'a.json',
      '[{"count":1},{"name":"a"}]',
      'byte 24: expected a layer with "name" and "timeMs"',
    ],
    ['two formats in one', 'a.json', '[{"count":1},{"latencyMs":1}]', 'byte 27: expected a layer'],
  ];
  for (const [title, name, content, message] of faults) {
    it(`refuses ${title} with one message that names file and place`, async () => {
      expect(await messageOf(files.import([files.write(name, content)]))).to.contain(message);
    });
  }

  it('reads the same of a file that takes many reads, packed or not', async () => {
    const times = Array.from({ length: 60_000 }, (_, index) => ({
      startH2dMs: index,
      computeMs: ((index * 7919) % 10_007) / 1000,
      latencyMs: ((index * 104_729) % 15_485_863) / 1e6,
    }));
    const plain = files.write('times.json', times);
    const packed = files.write('times.json.gz', JSON.stringify(times));
    const [one, other] = [await files.import([plain]), await files.import([packed])];
    expect(statSync(packed).size).to.be.above(512 * 1024);
    const told = (imported: typeof one) =>
      imported.recording.slices.map(({ requests, weightedNs }) => [requests, weightedNs]);
    expect(told(other)).to.deep.equal(told(one));
    expect(one.files[0].elements).to.equal(60_000);
  });

  it('refuses a packed file that is cut off', async () => {
    const whole = readFileSync(capture('torch-cpu.json.gz'));
    const path = files.write('cut.json', whole.subarray(0, whole.length - 100));
    expect(await messageOf(files.import([path]))).to.equal(
      'cut.json: expected a whole gzip file: unexpected end of file',
    );
  });

  it('refuses a file of another kind than was said', async () => {
    const format = traceFormats.find(({ kind }) => kind === 'kineto');
    const failing = files.import([capture('trtexec-times.json')], format && { format });
    expect(await messageOf(failing)).to.contain('expected a trace of torch.profiler');
  });

  it('refuses files of different profilers', async () => {
    const paths = ['trtexec-times.json', 'torch-cpu.json.gz'].map(capture);
    expect(await messageOf(files.import(paths))).to.contain(
      'torch-cpu.json.gz: is a trace of torch.profiler',
    );
  });

  it('refuses requests of two runs at the same time', async () => {
    const failing = files.import([capture('torch-cpu.json.gz'), capture('torch-cpu.json.gz')]);
    expect(await messageOf(failing)).to.contain('hold requests of the same time');
  });

  it('refuses a file that is not there', async () => {
    expect(await messageOf(files.import([join(files.folder, 'none.json')]))).to.contain('ENOENT');
  });
});
