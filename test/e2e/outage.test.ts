import { expect } from 'chai';
import { requireBinary } from '../servers/require-binary.ts';
import { runOutage } from './outage-scenario.ts';

describe('outages and kills under load (short; npm run soak has the long one)', () => {
  before(function () {
    requireBinary(this, 'influxd');
  });

  it('stores every committed span once, and never replaces a fuller point by a thinner one', async function () {
    this.timeout(120_000);
    const findings = await runOutage({
      outageMs: 4000,
      agentKills: 2,
      influxdKills: 2,
      calmMs: 4000,
      spansPerSecond: 300,
    });
    expect(findings.countedTwice, 'counted twice').to.deep.equal([]);
    expect(findings.lost, 'lost').to.deep.equal([]);
    expect(findings.thinned, 'thinned').to.deep.equal([]);
    expect(findings.stored).to.be.greaterThan(1000);
    expect(findings.unwatchedMs, 'says that it was not watching').to.be.greaterThan(0);
    expect(findings.partlyCovered, 'marks the windows it saw partly').to.be.greaterThan(0);
  });
});
