import type { Deployment } from 'kubernetes-types/apps/v1.d.ts';
import type { ConfigMap } from 'kubernetes-types/core/v1.d.ts';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1.d.ts';

/** What the overlays are made of, as the API declares it; a schema is generated from this. */
export interface Kinds {
  readonly Deployment: Deployment;
  readonly ConfigMap: ConfigMap;
  readonly NetworkPolicy: NetworkPolicy;
}

export type Manifest = Kinds[keyof Kinds];
