import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { BASELINE_OPTIONS, STATE_BYTES } from '../../agent/agent.ts';
import { parseByteSize } from '../../agent/config/byte-size.ts';
import { configOf } from '../config/config-of.ts';
import { requireBinary } from '../servers/require-binary.ts';
import { ROOT } from '../source-files.ts';
import { ManifestSchema } from './kubernetes/manifest-schema.ts';
import { OVERLAY_NAMES, RenderedOverlay } from './kubernetes/rendered-overlay.ts';

/** Kubernetes' quantities of bytes, as the config writes sizes. */
function bytesOf(quantity = ''): number {
  return parseByteSize(`${quantity}B`) ?? Number.NaN;
}

describe('overlays for Kubernetes', () => {
  const overlays = new Map<string, RenderedOverlay>();
  let schema: ManifestSchema;

  before(function () {
    requireBinary(this, 'kubectl');
    schema = new ManifestSchema();
    for (const name of OVERLAY_NAMES) overlays.set(name, RenderedOverlay.render(name));
  });

  function rendered(name: string): RenderedOverlay {
    return overlays.get(name) ?? expect.fail(`${name} was rendered`);
  }

  /** A change of one that must be found. */
  function changed(change: (overlay: RenderedOverlay) => void): readonly string[] {
    const overlay = RenderedOverlay.parse(JSON.stringify(rendered('deployment').the('Deployment')));
    change(overlay);
    return schema.problems(overlay.the('Deployment'));
  }

  const mistakes: readonly [string, (overlay: RenderedOverlay) => void, RegExp][] = [
    [
      'an unknown key',
      ({ agent }) => Object.assign(agent, { livelinessProbe: {} }),
      /initContainers\/0.*livelinessProbe/,
    ],
    ['a wrong type', ({ agent }) => Object.assign(agent, { args: 'run' }), /args: must be array/],
    [
      'no quantity',
      ({ agent }) => Object.assign(agent, { resources: { limits: { cpu: '250 m' } } }),
      /cpu: must match/,
    ],
    ['a missing name', ({ agent }) => Reflect.deleteProperty(agent, 'name'), /required property 'name'/],
  ];
  for (const [title, change, expected] of mistakes) {
    it(`are judged by a schema that refuses ${title}`, () => {
      // The accessors of an overlay find the agent by its name, so the change comes last.
      expect(changed(change).join('\n')).to.match(expected);
    });
  }

  for (const name of OVERLAY_NAMES) {
    describe(name, () => {
      it(`renders as recorded in test/golden/kubernetes/${name}.yaml`, () => {
        const golden = readFileSync(join(ROOT, `test/golden/kubernetes/${name}.yaml`), 'utf8');
        expect(rendered(name).manifests).to.deep.equal(RenderedOverlay.parse(golden).manifests);
      });

      it('is what the API takes', () => {
        expect(rendered(name).manifests.flatMap((manifest) => schema.problems(manifest))).to.deep.equal([]);
      });

      it('has the agent start first and stay, where the cluster can do that', () => {
        const { isNative, agent, pod } = rendered(name);
        expect(isNative).to.equal(name !== 'before-1.29');
        expect(agent.restartPolicy).to.equal(isNative ? 'Always' : undefined);
        if (isNative) expect(pod.initContainers?.[0]?.name).to.equal('infermeter');
      });

      it('asks the agent only whether it lives, never whether the pod is ready', () => {
        const { livenessProbe, readinessProbe, startupProbe, lifecycle } = rendered(name).agent;
        expect(livenessProbe?.httpGet).to.deep.equal({ path: '/healthz', port: 9866 });
        expect([readinessProbe, startupProbe, lifecycle]).to.deep.equal([undefined, undefined, undefined]);
      });

      it('gives the agent no right that it does not need', () => {
        const { agent, pod } = rendered(name);
        const asksKubelet = 'INFERMETER_GPU__POD_RESOURCES' in rendered(name).environment;
        expect(agent.securityContext).to.deep.equal({
          runAsNonRoot: !asksKubelet,
          runAsUser: asksKubelet ? 0 : 1000,
          runAsGroup: asksKubelet ? 0 : 1000,
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          seccompProfile: { type: 'RuntimeDefault' },
        });
        const hostPaths = (pod.volumes ?? []).flatMap(({ hostPath }) => hostPath?.path ?? []);
        expect(hostPaths).to.deep.equal(asksKubelet ? ['/var/lib/kubelet/pod-resources'] : []);
        expect([pod.hostPID, pod.hostNetwork, pod.enableServiceLinks]).to.deep.equal([
          undefined,
          undefined,
          false,
        ]);
      });

      it('bounds the agent, and takes nothing from a Guaranteed pod', () => {
        const { requests, limits } = rendered(name).agent.resources ?? {};
        if (name === 'triton') {
          expect(limits).to.have.all.keys('memory');
          expect(bytesOf(requests?.['memory'])).to.be.below(bytesOf(limits?.['memory']));
        } else {
          expect(limits).to.have.all.keys('cpu', 'memory');
          expect(requests).to.deep.equal(limits);
        }
        expect(JSON.stringify([requests, limits])).not.to.contain('gpu');
      });

      it('has a configuration that the agent takes, with names from the downward API', () => {
        const { configText, environment, agent } = rendered(name);
        const own = Object.entries(environment).filter(([key]) => key.startsWith('INFERMETER_'));
        const config = configOf({ file: configText, env: Object.fromEntries(own) });
        expect(config.listen.health?.address).to.equal(':9866');
        expect(config.listen.grpc.address).to.equal('127.0.0.1:4317');
        const fields = (agent.env ?? []).flatMap(({ name, valueFrom }) => {
          const path = valueFrom?.fieldRef?.fieldPath;
          return path === undefined ? [] : [[name, path]];
        });
        expect(Object.fromEntries(fields)).to.deep.equal({
          POD_NAME: 'metadata.name',
          POD_NAMESPACE: 'metadata.namespace',
          NODE_NAME: 'spec.nodeName',
        });
      });

      it('has a volume for all that the agent writes and reads, and none that must be there', () => {
        const { agent, pod, configText } = rendered(name);
        const volumes = new Map((pod.volumes ?? []).map((volume) => [volume.name, volume]));
        const paths = new Map(agent.volumeMounts?.map((mount) => [mount.mountPath, volumes.get(mount.name)]));
        const config = configOf({ file: configText });
        const { tokenFile = '' } = config.exporters.influxdb ?? {};
        expect(paths.get('/etc/infermeter')?.configMap?.name).to.equal(
          rendered(name).the('ConfigMap').metadata?.name,
        );
        expect(paths.get(join(tokenFile, '..'))?.secret).to.deep.equal({
          secretName: 'infermeter-store',
          optional: true,
        });
        expect(paths.get(join(config.listen.socket ?? '', '..'))?.emptyDir).not.to.equal(undefined);
        const sizeLimit = bytesOf(paths.get(config.dataDir)?.emptyDir?.sizeLimit);
        const kept = STATE_BYTES + BASELINE_OPTIONS.maxBytes;
        const written = kept + 2 * config.limits.outboxBytes + (config.exporters.local?.maxBytes ?? 0);
        expect(sizeLimit).to.be.at.least(written + 64 * 2 ** 20);
      });

      it('names the image by a placeholder', () => {
        expect(rendered(name).agent.image).to.equal('registry.example.com/infermeter:0.1.0');
      });
    });
  }

  it('are fit for the level `restricted` of Pod Security where they need no more', () => {
    const pod = rendered('deployment').pod;
    for (const { securityContext: own = {} } of [...(pod.initContainers ?? []), ...pod.containers]) {
      const effective = { ...pod.securityContext, ...own };
      expect(effective).to.deep.include({
        runAsNonRoot: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        seccompProfile: { type: 'RuntimeDefault' },
      });
    }
    const sources = (pod.volumes ?? []).flatMap(({ name, ...source }) => Object.keys(source));
    expect(new Set(sources)).to.deep.equal(new Set(['configMap', 'secret', 'emptyDir']));
  });

  it('show the socket to the server', () => {
    const [server] = rendered('deployment').pod.containers;
    expect(server?.volumeMounts).to.deep.include({ name: 'infermeter-socket', mountPath: '/run/infermeter' });
  });

  it('let the server be reached by all, and the figures by those who watch', () => {
    const spec = rendered('triton').the('NetworkPolicy').spec;
    expect(spec?.ingress?.map(({ ports }) => ports?.map(({ port }) => port))).to.deep.equal([
      ['http', 'grpc'],
      [9866],
    ]);
    expect(spec?.ingress?.map(({ from }) => from?.length)).to.deep.equal([undefined, 1]);
    const labels = rendered('triton').the('Deployment').spec?.template.metadata?.labels;
    expect(labels).to.include(spec?.podSelector?.matchLabels ?? {});
  });

  it('leave a Deployment alone that is labelled so', () => {
    const component = readFileSync(
      join(ROOT, 'deploy/kubernetes/components/sidecar/kustomization.yaml'),
      'utf8',
    );
    const { patches } = parse(component) as { patches: { target: object }[] };
    expect(patches.map(({ target }) => target)).to.deep.equal([
      { kind: 'Deployment', labelSelector: 'infermeter notin (off)' },
    ]);
  });
});
