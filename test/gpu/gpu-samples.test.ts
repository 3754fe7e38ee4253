import { expect } from 'chai';
import { GpuSamples } from '../../agent/gpu/gpu-samples.ts';
import { deviceOf, fullDevice, UUIDS } from './sample-readings.ts';

const RECEIVED = { receivedMs: 100_000, full: true, simulated: false };

describe('samples for the join', () => {
  it('have the agent’s times, bytes and the pids of compute processes', () => {
    const samples = new GpuSamples();
    const [sample] = samples.samples([fullDevice], RECEIVED);
    expect(sample).to.deep.equal({
      uuid: UUIDS[0],
      atMs: 100_000,
      memoryUsedBytes: 2048 * 2 ** 20,
      processIds: [41, 42],
      energy: { joules: 5000, atMs: 99_996 },
      power: { atMs: Float64Array.of(99_970, 99_990), watts: Float64Array.of(500, 510) },
      divided: true,
      simulated: false,
    });
  });

  it('leave out what the reading does not know', () => {
    const [sample] = new GpuSamples().samples([deviceOf(1, { fields: {} })], { ...RECEIVED, full: false });
    expect(sample).to.deep.equal({ uuid: UUIDS[1], atMs: 100_000, divided: false, simulated: false });
  });

  it('say since when the activity is: since the full reading before', () => {
    const samples = new GpuSamples();
    samples.samples([deviceOf(0)], RECEIVED);
    samples.samples([deviceOf(0)], { ...RECEIVED, receivedMs: 105_000, full: false });
    const [sample] = samples.samples([fullDevice], { ...RECEIVED, receivedMs: 110_000 });
    expect(sample.activity).to.deep.equal({
      fromMs: 100_000,
      utilizationRatio: 0.5,
      tensorAnyRatio: undefined,
      tensorHmmaRatio: undefined,
      tensorImmaRatio: 0.25,
    });
  });

  it('have no activity of a time that an outage interrupted', () => {
    const samples = new GpuSamples();
    samples.samples([deviceOf(0)], RECEIVED);
    samples.forget();
    expect(samples.samples([fullDevice], RECEIVED)[0]).not.to.have.property('activity');
  });
});
