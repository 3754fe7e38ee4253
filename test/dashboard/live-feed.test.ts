import { expect } from 'chai';
import { PointSeries } from '../../agent/core/point.ts';
import { LiveFeed } from '../../agent/dashboard/live-feed.ts';
import { createPoint } from './sample-agent.ts';

const QUERY = { measurement: 'inference', fromMs: 0, toMs: 1e15, tags: {}, limit: 100 };

describe('LiveFeed', () => {
  it('remembers as many points as it may, the oldest out first', () => {
    const feed = new LiveFeed({ keepPoints: 3 });
    for (let time = 1; time <= 10; time++) feed.publish([createPoint(time)]);
    expect(feed.recent(QUERY).rows.map((row) => row.time)).to.deep.equal([8, 9, 10]);
  });

  it('remembers as long as it may', () => {
    const feed = new LiveFeed({ keepMs: 1000 });
    for (const time of [0, 500, 1500, 1600]) feed.publish([createPoint(time)]);
    expect(feed.recent(QUERY).rows.map((row) => row.time)).to.deep.equal([1500, 1600]);
  });

  it('shows a window that was emitted twice as it was emitted last', () => {
    const feed = new LiveFeed();
    feed.publish([createPoint(10, {}, { requests: 5 }), createPoint(10, { variant: 'int8' })]);
    feed.publish([createPoint(10, {}, { requests: 6 })]);
    const { rows } = feed.recent({ ...QUERY, tags: { variant: 'fp32' } });
    expect(rows.map((row) => row.fields)).to.deep.equal([{ requests: 6 }]);
  });

  it('answers within the limits of time and number, and says when there is more', () => {
    const feed = new LiveFeed();
    feed.publish([1, 2, 3, 4, 5].map((time) => createPoint(time)));
    const { rows, truncated } = feed.recent({ ...QUERY, fromMs: 2, toMs: 5, limit: 2 });
    expect(rows.map((row) => row.time)).to.deep.equal([3, 4]);
    expect(truncated).to.equal(true);
  });

  it('remembers a GPU that is read each second every five seconds', () => {
    const feed = new LiveFeed();
    const series = new PointSeries('nvidia_smi', { uuid: 'GPU-a' });
    for (let second = 0; second < 12; second++) {
      feed.publish([{ series, fields: { utilization_gpu: second }, timestampMs: second * 1000 }]);
    }
    const { rows } = feed.recent({ ...QUERY, measurement: 'nvidia_smi' });
    expect(rows.map(({ time }) => time)).to.deep.equal([0, 5000, 10_000]);
  });

  it('shows no field that is unknown', () => {
    const feed = new LiveFeed();
    feed.publish([createPoint(1, {}, { requests: 1, errors: Number.NaN })]);
    expect(feed.recent(QUERY).rows[0].fields).to.deep.equal({ requests: 1 });
  });

  it('remembers nothing when told so', () => {
    const feed = new LiveFeed({ keepPoints: 0 });
    feed.publish([createPoint(1)]);
    expect(feed.remembers('inference')).to.equal(false);
    expect(feed.recent(QUERY)).to.deep.equal({ rows: [], truncated: false });
  });
});
