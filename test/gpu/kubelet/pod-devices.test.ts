import { expect } from 'chai';
import { podGpus } from '../../../agent/gpu/kubelet/pod-devices.ts';

const A = 'GPU-0a1b2c3d-0000-4000-8000-00000000000a';
const B = 'GPU-0a1b2c3d-0000-4000-8000-00000000000b';
const POD = { namespace: 'models', name: 'llama-0' };

describe('GPUs that the kubelet gave a pod', () => {
  const cases: readonly [
    name: string,
    devices: [string, ...string[]][],
    uuids: string[] | undefined,
    reason: string,
  ][] = [
    ['one', [['nvidia.com/gpu', A]], [A], 'the kubelet gave it to this pod'],
    ['several, in order', [['nvidia.com/gpu', B, A]], [A, B], 'gave it'],
    [
      'of two resources',
      [
        ['nvidia.com/gpu', B],
        ['nvidia.com/gpu.shared', A],
      ],
      [A, B],
      'gave it',
    ],
    ['replicas of one', [['nvidia.com/gpu.shared', `${A}::0`, `${A}::12`]], [A], 'gave it'],
    ['in capitals', [['nvidia.com/gpu', A.toUpperCase()]], [A], 'gave it'],
    ['a part of one, by an old driver', [['nvidia.com/mig-1g.5gb', `MIG-${A}/7/0`]], [A], 'gave it'],
    [
      'a part of one, by its own name',
      [['nvidia.com/gpu', 'MIG-1-2-3']],
      undefined,
      'gpu.devices can say it',
    ],
    ['by its number', [['nvidia.com/gpu', 'nvidia0']], undefined, 'names nvidia0'],
    ['other devices', [['example.com/nic', 'eth7']], undefined, 'gave this pod no GPU'],
    ['none', [], undefined, 'gave this pod no GPU'],
  ];
  for (const [name, devices, uuids, reason] of cases) {
    it(`${uuids === undefined ? 'are not known' : 'are known'}: ${name}`, () => {
      const containers = [
        { name: 'infermeter', devices: [] },
        {
          name: 'server',
          devices: devices.map(([resourceName, ...deviceIds]) => ({ resourceName, deviceIds })),
        },
      ];
      const others = {
        containers: [{ name: 'x', devices: [{ resourceName: 'nvidia.com/gpu', deviceIds: [B] }] }],
      };
      const found = podGpus(
        [
          { namespace: 'models', name: 'llama-1', ...others },
          { namespace: 'other', name: 'llama-0', ...others },
          { ...POD, containers },
        ],
        POD,
      );
      expect(found.uuids).to.deep.equal(uuids);
      expect(found.reason).to.contain(reason);
    });
  }

  it('are not known of a pod that the kubelet does not know', () => {
    expect(podGpus([], POD)).to.deep.equal({ reason: 'the kubelet knows no pod models/llama-0' });
  });
});
