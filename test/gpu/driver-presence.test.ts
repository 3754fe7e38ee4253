import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { hasNvidiaDriver } from '../../agent/gpu/driver-presence.ts';

describe('driver presence', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'infermeter-driver-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const cases: readonly [string, string, number, boolean][] = [
    ['sees the device file of the driver', 'dev/nvidiactl', 0o600, true],
    ['sees that of WSL', 'dev/dxg', 0o600, true],
    ['sees the kernel module', 'proc/driver/nvidia/version', 0o600, true],
    ['sees nvidia-smi on the PATH', 'bin/nvidia-smi', 0o700, true],
    ['does not take a file for the program', 'bin/nvidia-smi.txt', 0o700, false],
    ['looks for the program on the PATH only', 'opt/nvidia-smi', 0o700, false],
  ];
  for (const [title, path, mode, expected] of cases) {
    it(title, () => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), '', { mode });
      expect(hasNvidiaDriver(root, `/nowhere:${join(root, 'bin')}`)).to.equal(expected);
    });
  }

  it('sees nothing on a machine without', () => {
    expect(hasNvidiaDriver(root, '')).to.equal(false);
  });
});
