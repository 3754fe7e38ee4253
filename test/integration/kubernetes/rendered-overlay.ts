import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Deployment } from 'kubernetes-types/apps/v1.d.ts';
import type { Container, PodSpec } from 'kubernetes-types/core/v1.d.ts';
import { parseAllDocuments } from 'yaml';
import { ROOT } from '../../source-files.ts';
import type { Kinds, Manifest } from './kinds.ts';

const OVERLAYS = join(ROOT, 'deploy/kubernetes/overlays');
export const OVERLAY_NAMES: readonly string[] = readdirSync(OVERLAYS).sort();

/** What `kubectl apply -k` would send. */
export class RenderedOverlay {
  readonly manifests: readonly Manifest[];

  private constructor(manifests: readonly Manifest[]) {
    this.manifests = manifests;
  }

  static render(name: string): RenderedOverlay {
    return RenderedOverlay.parse(
      execFileSync('kubectl', ['kustomize', join(OVERLAYS, name)], { encoding: 'utf8' }),
    );
  }

  static parse(text: string): RenderedOverlay {
    return new RenderedOverlay(parseAllDocuments(text).map((document) => document.toJS() as Manifest));
  }

  /** Its only one of a kind. */
  the<K extends keyof Kinds>(kind: K): Kinds[K] {
    const [found, ...more] = this.manifests.filter((manifest) => manifest.kind === kind);
    if (found === undefined || more.length > 0) throw new Error(`not one ${kind}, but ${more.length + 1}`);
    return found as Kinds[K];
  }

  get pod(): PodSpec {
    return (this.the('Deployment') as Deployment).spec?.template.spec ?? { containers: [] };
  }

  /** Whether the agent is a native sidecar. */
  get isNative(): boolean {
    return this.pod.initContainers?.some(({ name }) => name === 'infermeter') ?? false;
  }

  get agent(): Container {
    const { containers, initContainers = [] } = this.pod;
    const found = [...initContainers, ...containers].filter(({ name }) => name === 'infermeter');
    const [agent] = found;
    if (agent === undefined || found.length > 1) throw new Error(`${found.length} agents in one pod`);
    return agent;
  }

  /** Plain variables of the agent. */
  get environment(): Readonly<Record<string, string>> {
    const set = (this.agent.env ?? []).filter(({ value }) => value !== undefined);
    return Object.fromEntries(set.map(({ name, value = '' }) => [name, value]));
  }

  /** The agent's configuration file. */
  get configText(): string {
    return this.the('ConfigMap').data?.['infermeter.yaml'] ?? '';
  }
}
