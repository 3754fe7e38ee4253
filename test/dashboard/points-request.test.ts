import { expect } from 'chai';
import { parsePointsRequest } from '../../agent/dashboard/points-request.ts';
import { selectFields, thinRows } from '../../agent/dashboard/thin-rows.ts';

const NOW_MS = 1_800_000_000_000;

describe('parsePointsRequest', () => {
  it('takes the last quarter of an hour by default', () => {
    const parsed = parsePointsRequest(new URLSearchParams('measurement=inference'), NOW_MS);
    expect(parsed).to.have.nested.property('value.query.fromMs', NOW_MS + 1 - 900_000);
    expect(parsed).to.have.nested.property('value.query.limit', 10_000);
  });

  it('takes what is not its own for tags', () => {
    const text = 'measurement=inference&from=1&to=2&model=a%20b&variant=&fields=requests,errors&every=60000';
    const parsed = parsePointsRequest(new URLSearchParams(text), NOW_MS);
    expect(parsed).to.have.nested.property('value.query.tags').that.includes({ model: 'a b', variant: '' });
    expect(parsed).to.have.nested.property('value.fields').that.deep.equals(['requests', 'errors']);
    expect(parsed).to.have.nested.property('value.everyMs', 60_000);
  });

  const refused: [query: string, parameter: string][] = [
    ['', 'measurement'],
    ['measurement=DROP%20TABLE', 'measurement'],
    ['measurement=host&from=-1', 'from'],
    ['measurement=host&from=1.5', 'from'],
    ['measurement=host&from=20&to=10', 'from'],
    ['measurement=host&to=1e99', 'to'],
    ['measurement=host&to=99999999999999999999', 'to'],
    ['measurement=host&limit=0', 'limit'],
    ['measurement=host&limit=50001', 'limit'],
    ['measurement=host&every=x', 'every'],
    ['measurement=host&variant=a&variant=b', 'variant'],
    [`measurement=host&model=${'m'.repeat(2000)}`, 'model'],
  ];
  for (const [query, parameter] of refused) {
    it(`refuses "${query.slice(0, 40)}" and names ${parameter}`, () => {
      const parsed = parsePointsRequest(new URLSearchParams(query), NOW_MS);
      expect(parsed).to.include({ ok: false, parameter });
    });
  }
});

describe('thinRows', () => {
  const row = (time: number, variant: string) => ({ time, tags: { variant }, fields: { requests: time } });
  const rows = [row(10, 'a'), row(15, 'a'), row(20, 'a'), row(20, 'b'), row(21, 'a')];

  it('keeps the last row of each series in each span of time', () => {
    expect(thinRows(rows, 10)).to.deep.equal([row(10, 'a'), row(20, 'a'), row(20, 'b'), row(21, 'a')]);
  });

  it('keeps everything when asked for everything', () => {
    expect(thinRows(rows, 0)).to.equal(rows);
  });

  it('shows the chosen fields as far as there are any', () => {
    expect(selectFields(row(1, 'a'), ['errors', 'requests', '__proto__']).fields).to.deep.equal({
      requests: 1,
    });
  });
});
