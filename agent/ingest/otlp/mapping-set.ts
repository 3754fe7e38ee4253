import { ByteIntern, EMPTY_ID, FIRST_SEED_ID } from '../byte-intern.ts';
import { AttributeKeys } from './attribute-keys.ts';
import { AttributeValues } from './attribute-values.ts';
import type { MappedRequest } from './mapped-request.ts';
import { PHASE_SEEDS } from './phase-ids.ts';
import { ReadSpan } from './read-span.ts';
import {
  type HeldRequests,
  ignoredBy,
  type KeyTable,
  type MappingDeclaration,
  type ServerMapping,
  type Verdict,
} from './server-mapping.ts';

/** No mapping knows a span of this shape. */
export const UNKNOWN_SHAPE: Verdict = ignoredBy('unknown_shape');

interface BoundMapping {
  readonly mapping: ServerMapping;
  readonly serverId: number;
}

export interface MappingSetOptions {
  /** Keys of attributes that become tags, beside those that mappings ask for. */
  readonly labels: readonly string[];
  /** UTF-8 bytes that a name or a label's value may have. */
  readonly labelBytes: number;
}

/** The declared mappings bound to slots: what readers look keys up in, the span that they fill, and what it means. */
export class MappingSet {
  readonly intern: ByteIntern;
  readonly attributeKeys: AttributeKeys;
  readonly resourceKeys: AttributeKeys;
  readonly eventNames: AttributeKeys;
  readonly texts: AttributeKeys;
  readonly span: ReadSpan;
  /** Of each label, in order. */
  readonly labelSlots: readonly { readonly attribute: number; readonly resource: number }[];
  readonly held: readonly HeldRequests[];
  readonly #mappings: readonly BoundMapping[];

  constructor(declarations: readonly MappingDeclaration[], { labels, labelBytes }: MappingSetOptions) {
    const servers = declarations.map(({ server }) => server).filter((server) => server !== '');
    const seeds = [...new Set<string>([...PHASE_SEEDS, ...servers])];
    const attributes = union(
      declarations.map((declaration) => declaration.attributes),
      labels,
    );
    const resource = union(
      declarations.map((declaration) => declaration.resource),
      labels,
    );
    const events = union(declarations.map((declaration) => declaration.events));
    const texts = union(declarations.map((declaration) => declaration.texts));
    this.intern = new ByteIntern({ maxBytes: labelBytes, seeds });
    this.attributeKeys = new AttributeKeys(attributes);
    this.resourceKeys = new AttributeKeys(resource);
    this.eventNames = new AttributeKeys(events);
    this.texts = new AttributeKeys(texts);
    this.span = this.#createSpan();
    this.labelSlots = labels.map((label) => ({
      attribute: attributes.indexOf(label),
      resource: resource.indexOf(label),
    }));
    this.#mappings = declarations.map((declaration) => ({
      mapping: declaration.bind({
        attributes: slotsOf(declaration.attributes, attributes),
        resource: slotsOf(declaration.resource, resource),
        events: slotsOf(declaration.events, events),
        texts: slotsOf(declaration.texts, texts),
        intern: this.intern,
      }),
      serverId: declaration.server === '' ? EMPTY_ID : FIRST_SEED_ID + seeds.indexOf(declaration.server),
    }));
    this.held = this.#mappings.flatMap(({ mapping }) => mapping.held ?? []);
  }

  /** Hot. What the span that was read last is; of a request, `out` says what is known. */
  map(out: MappedRequest, source: number): Verdict {
    const { span } = this;
    for (let k = 0; k < this.#mappings.length; k++) {
      const { mapping, serverId } = this.#mappings[k];
      if (!mapping.claims(span)) continue;
      out.begin(span, serverId, source);
      return mapping.map(span, out);
    }
    return UNKNOWN_SHAPE;
  }

  #createSpan(): ReadSpan {
    const { intern, texts, attributeKeys, resourceKeys, eventNames } = this;
    return new ReadSpan({
      attributes: new AttributeValues(attributeKeys.count, intern, texts),
      resource: new AttributeValues(resourceKeys.count, intern, texts),
      events: eventNames.count,
      intern,
      texts,
    });
  }
}

function union(tables: readonly KeyTable[], more: readonly string[] = []): readonly string[] {
  return [...new Set([...tables.flatMap((table) => Object.values(table)), ...more])];
}

function slotsOf(table: KeyTable, keys: readonly string[]): Record<string, number> {
  return Object.fromEntries(Object.entries(table).map(([name, key]) => [name, keys.indexOf(key)]));
}
