import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { configOf } from '../config/config-of.ts';
import { requireBinary } from '../servers/require-binary.ts';
import { createServerFolder } from '../servers/server-process.ts';
import { ROOT } from '../source-files.ts';

const FOLDER = join(ROOT, 'deploy/systemd');
const UNIT = join(FOLDER, 'infermeter.service');

describe('the systemd unit', () => {
  const text = readFileSync(UNIT, 'utf8');
  const settings = new Map(
    [...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, key = '', value = '']) => [key, value] as const),
  );

  it('is what systemd takes, without a warning', function () {
    requireBinary(this, 'systemd-analyze');
    const copy = join(createServerFolder('systemd'), 'infermeter.service');
    writeFileSync(copy, text.replaceAll('/usr/bin/node', process.execPath));
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', copy], { encoding: 'utf8' });
    expect({ status, said: stdout + stderr }).to.deep.equal({ status: 0, said: '' });
  });

  it('is as little exposed as its README says', function () {
    requireBinary(this, 'systemd-analyze');
    const rated = execFileSync('systemd-analyze', ['security', '--offline=true', '--no-pager', UNIT], {
      encoding: 'utf8',
    });
    const figure = /Overall exposure level for \S+: ([\d.]+)/.exec(rated)?.[1];
    const readme = readFileSync(join(FOLDER, 'README.md'), 'utf8');
    const [, stated, version] = /exposure \*\*([\d.]+) of 10\*\* \(systemd (\d+);/.exec(readme) ?? [];
    // Each version of systemd weighs more settings.
    const installed = execFileSync('systemd-analyze', ['--version'], { encoding: 'utf8' });
    if (installed.startsWith(`systemd ${version} `)) expect(figure).to.equal(stated);
    expect(Number(figure)).to.be.at.most(2);
  });

  it('runs as a user that is made, with the flags of the program', () => {
    const user = readFileSync(join(FOLDER, 'infermeter.sysusers.conf'), 'utf8').split(' ')[1];
    expect([settings.get('User'), settings.get('Group')]).to.deep.equal([user, user]);
    const flags = /^#!.*? node (.*)$/m.exec(readFileSync(join(ROOT, 'agent/main.ts'), 'utf8'))?.[1];
    expect(settings.get('ExecStart')).to.contain(
      `/usr/bin/node ${flags} /opt/infermeter/dist/agent/main.js run`,
    );
  });

  it('comes with a configuration that the agent takes, within the folders that it may write', () => {
    const { listen, exporters } = configOf({ file: readFileSync(join(FOLDER, 'infermeter.yaml'), 'utf8') });
    expect(listen.socket).to.equal(`/run/${settings.get('RuntimeDirectory')}/spans.sock`);
    expect(settings.get('Environment')).to.contain(
      `INFERMETER_DATA_DIR=%S/${settings.get('StateDirectory')}`,
    );
    expect(exporters.influxdb?.tokenFile).to.equal('/etc/infermeter/influx-token');
  });
});
