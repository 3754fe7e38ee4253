import { expect } from 'chai';
import { BaselineRig, START_MS } from './baseline-rig.ts';

describe('the HTTP interface of comparisons', () => {
  let rig: BaselineRig;

  afterEach(() => rig.stop());

  it('compares with what was recorded last, with a range, and with another baseline', async () => {
    rig = await new BaselineRig().start();
    rig.serve(70);
    const range = { fromMs: START_MS, toMs: START_MS + 60_000 };
    await rig.post({ model: 'resnet50', variant: 'fp16', ...range });
    await rig.post({ model: 'resnet50', variant: 'int8', ...range }, '/api/v1/baselines/int8');
    for (const [candidate, requests] of [
      ['model=resnet50&variant=int8', 640],
      [`model=resnet50&variant=int8&from=${START_MS}&to=${START_MS + 50_000}`, 500],
      ['candidate=int8', 600],
    ]) {
      const answer = await rig.harness.get(`/api/v1/compare?baseline=fp16&${candidate}`);
      const { comparison, densities } = JSON.parse(answer.body);
      expect(comparison.baseline).to.include({ requests: 600 });
      expect(comparison.candidate).to.include({ requests });
      expect(comparison.candidate.series.variant).to.equal('int8');
      const p50 = comparison.metrics.find((row: { metric: string }) => row.metric === 'latency_p50');
      expect(p50.ratio).to.be.closeTo(2, 0.02);
      const peak = (shares: number[]): number => shares.indexOf(Math.max(...shares));
      expect(peak(densities.candidate)).to.be.greaterThan(peak(densities.baseline));
    }
  });

  it('gives the document of what a series did last, or in a range once that is complete', async () => {
    rig = await new BaselineRig().start();
    rig.serve(70);
    const read = async (range: string) => {
      const answer = await rig.harness.get(`/api/v1/recording?model=resnet50&variant=int8${range}`);
      const { kind, slices } = JSON.parse(answer.body);
      return [answer.status, kind, slices.length ?? slices];
    };
    expect(await read('')).to.deep.equal([200, undefined, 64]);
    expect(await read(`&from=${START_MS}&to=${START_MS + 50_000}`)).to.deep.equal([200, undefined, 50]);
    expect(await read(`&from=${START_MS}&to=${START_MS + 90_000}`)).to.deep.equal([202, 'waiting', 70]);
  });

  const unclear: [query: string, status: number, message: RegExp][] = [
    ['', 400, /the name of one baseline is needed/],
    ['baseline=fp16', 400, /a candidate is needed/],
    ['baseline=fp16&candidate=int8&model=a', 400, /another baseline or a series, not both/],
    ['baseline=fp16&model=a&model=b', 400, /"model" may be given once only/],
    ['baseline=fp16&model=a&size=1', 400, /"size" is no parameter here/],
    ['baseline=fp16&model=a&from=soon', 400, /"from" is a time in Unix milliseconds/],
    ['baseline=fp16&model=a&from=5&to=5', 400, /"from" must be before "to"/],
    ['baseline=fp16&model=a', 404, /no such series: no requests came since the start/],
    ['baseline=fp16&candidate=int8', 404, /there is no baseline "fp16"/],
  ];
  for (const [query, status, message] of unclear) {
    it(`answers ${status} to a comparison by "${query}"`, async () => {
      rig = await new BaselineRig().start();
      const answer = await rig.harness.get(`/api/v1/compare?${query}`);
      expect(answer.status).to.equal(status);
      expect(JSON.parse(answer.body).message).to.match(message);
    });
  }
});
