import { ByteIntern, EMPTY_ID, FIRST_SEED_ID } from '../byte-intern.ts';
import { AttributeKeys } from './attribute-keys.ts';
import { AttributeValues } from './attribute-values.ts';
import type { MappedRequest } from './mapped-request.ts';
import { type MatchRule, MatchRules, namesOfRules } from './match-rules.ts';
import { PHASE_SEEDS } from './phase-ids.ts';
import { ReadSpan } from './read-span.ts';
import {
  type HeldSpans,
  ignoredBy,
  type KeyTable,
  type MappingDeclaration,
  REQUEST,
  type ServerMapping,
  type Verdict,
} from './server-mapping.ts';
import { TraceJoin } from './trace-join.ts';
import { waitLimits } from './wait-limits.ts';

const SERVICE_NAME = 'service.name';
const GPU = 'gpu';
/** As the config has it. */
const DEFAULT_LATENESS_MS = 30_000;

/** No mapping knows a span of this shape. */
const UNKNOWN_SHAPE: Verdict = ignoredBy('unknown_shape');

interface BoundMapping {
  readonly mapping: ServerMapping;
  readonly serverId: number;
}

/** Of a key that a span may have, else its resource. */
interface SlotPair {
  readonly attribute: number;
  readonly resource: number;
}

export interface MappingSetOptions {
  /** Keys of attributes that become tags, beside those that mappings ask for. */
  readonly labels: readonly string[];
  /** UTF-8 bytes that a name or a label's value may have. */
  readonly labelBytes: number;
  /** What the config says of services and models. */
  readonly match?: readonly MatchRule[];
  /** How long after its completion a request counts; spans wait for others of their trace at most half as long. */
  readonly latenessMs?: number;
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
  readonly labelSlots: readonly SlotPair[];
  readonly #gpuSlots: SlotPair;
  /** Where spans wait; what is settled is complete, as what `map` gives. */
  readonly held: readonly HeldSpans[];
  readonly #mappings: readonly BoundMapping[];
  readonly #rules: MatchRules;
  readonly #serviceSlot: number;
  /** Of the resource's round; its spans share it. */
  #serviceId = EMPTY_ID;
  #serviceRound = 0;

  constructor(declarations: readonly MappingDeclaration[], options: MappingSetOptions) {
    const { labels, labelBytes, match = [], latenessMs = DEFAULT_LATENESS_MS } = options;
    const servers = declarations.map(({ server }) => server).filter((server) => server !== '');
    const seeds = [...new Set<string>([...PHASE_SEEDS, ...servers, ...namesOfRules(match)])];
    const attributes = union(
      [...declarations.map((declaration) => declaration.attributes), { gpu: GPU }],
      labels,
    );
    const resource = union(
      [...declarations.map((declaration) => declaration.resource), { service: SERVICE_NAME, gpu: GPU }],
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
    this.#gpuSlots = { attribute: attributes.indexOf(GPU), resource: resource.indexOf(GPU) };
    this.#serviceSlot = resource.indexOf(SERVICE_NAME);
    this.#rules = new MatchRules(match, this.intern, (name) => FIRST_SEED_ID + seeds.indexOf(name));
    const waiting = waitLimits(latenessMs);
    const traces = new TraceJoin(waiting, this.intern);
    this.#mappings = declarations.map((declaration) => ({
      mapping: declaration.bind({
        attributes: slotsOf(declaration.attributes, attributes),
        resource: slotsOf(declaration.resource, resource),
        events: slotsOf(declaration.events, events),
        texts: slotsOf(declaration.texts, texts),
        intern: this.intern,
        traces,
        waiting,
      }),
      serverId: declaration.server === '' ? EMPTY_ID : FIRST_SEED_ID + seeds.indexOf(declaration.server),
    }));
    const held = this.#mappings.flatMap(({ mapping }) => mapping.held ?? []);
    this.held = [traces, ...held].map((place) => new CompletedSpans(place, this.#rules));
  }

  /** Hot. What the span that was read last is; of a request, `out` says what is known. */
  map(out: MappedRequest, source: number): Verdict {
    const { span } = this;
    for (let k = 0; k < this.#mappings.length; k++) {
      const { mapping, serverId } = this.#mappings[k];
      if (!mapping.claims(span)) continue;
      out.begin(span, serverId, source);
      this.#readLabels(out);
      const verdict = mapping.map(span, out);
      if (verdict === REQUEST) this.#rules.apply(out);
      return verdict;
    }
    return UNKNOWN_SHAPE;
  }

  #readLabels(out: MappedRequest): void {
    const { labelSlots } = this;
    const { resource } = this.span;
    if (resource.round !== this.#serviceRound) {
      this.#serviceRound = resource.round;
      this.#serviceId = resource.textId(this.#serviceSlot);
    }
    out.serviceId = this.#serviceId;
    out.gpuId = this.#textId(this.#gpuSlots);
    for (let k = 0; k < labelSlots.length; k++) out.labelIds[k] = this.#textId(labelSlots[k]);
  }

  #textId({ attribute, resource }: SlotPair): number {
    const id = this.span.attributes.textId(attribute);
    return id === EMPTY_ID ? this.span.resource.textId(resource) : id;
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

/** Requests that waited are completed by the rules like all others. */
class CompletedSpans implements HeldSpans {
  readonly #held: HeldSpans;
  readonly #rules: MatchRules;

  constructor(held: HeldSpans, rules: MatchRules) {
    this.#held = held;
    this.#rules = rules;
  }

  get waiting(): number {
    return this.#held.waiting;
  }

  get evicted(): number {
    return this.#held.evicted;
  }

  commit(nowMs: number): void {
    this.#held.commit(nowMs);
  }

  rollback(): void {
    this.#held.rollback();
  }

  settle(nowMs: number, out: MappedRequest): Verdict | undefined {
    const verdict = this.#held.settle(nowMs, out);
    if (verdict === REQUEST) this.#rules.apply(out);
    return verdict;
  }
}

function union(tables: readonly KeyTable[], more: readonly string[] = []): readonly string[] {
  return [...new Set([...tables.flatMap((table) => Object.values(table)), ...more])];
}

function slotsOf(table: KeyTable, keys: readonly string[]): Record<string, number> {
  return Object.fromEntries(Object.entries(table).map(([name, key]) => [name, keys.indexOf(key)]));
}
