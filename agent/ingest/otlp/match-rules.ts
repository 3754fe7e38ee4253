import { type ByteIntern, EMPTY_ID } from '../byte-intern.ts';
import type { MappedRequest } from './mapped-request.ts';
import { NamePattern } from './name-pattern.ts';

const NO_RULE = -1;
const PAIRS_PER_ID = 2 ** 26;

/** What a config says of the spans of a service or a model. Patterns are exact, or have `*` for any characters. */
export interface MatchRule {
  /** Pattern of the resource's `service.name`. */
  readonly service?: string;
  /**
   * Pattern of the model's name. Beside `service`, a name without `*` is also that of requests whose spans state none,
   * as vLLM's do.
   */
  readonly model?: string;
  /** The model's name instead of the one stated. */
  readonly setModel?: string;
  readonly variant?: string;
  /** The share of requests that the server traces, above 0 to 1: each span then stands for 1 / rate requests. */
  readonly sampleRate?: number;
}

interface BoundRule {
  readonly service: NamePattern | undefined;
  readonly model: NamePattern | undefined;
  /** For requests that state none. */
  readonly givenModelId: number;
  readonly setModelId: number;
  readonly variantId: number;
  readonly weight: number;
}

/** The strings that rules give to requests: seeds of the intern table. */
export function namesOfRules(rules: readonly MatchRule[]): readonly string[] {
  return rules
    .flatMap(({ model, setModel, variant }) => [model, setModel, variant])
    .filter((name): name is string => name !== undefined && name !== '');
}

/**
 * Gives requests what the config says of their service and model: the first rule that matches counts. Names them by
 * their route or their service, where neither span nor rule names a model.
 */
export class MatchRules {
  readonly #intern: ByteIntern;
  readonly #rules: readonly BoundRule[];
  /** Pair of service and model → index of the rule, or `NO_RULE`; for one generation of the intern table. */
  readonly #known = new Map<number, number>();
  #generation = -1;
  #lastPair = -1;
  #lastRule = NO_RULE;

  /** `idOfSeed`: the id of a name of `namesOfRules`. */
  constructor(rules: readonly MatchRule[], intern: ByteIntern, idOfSeed: (name: string) => number) {
    this.#intern = intern;
    this.#rules = rules.map((rule) => bind(rule, idOfSeed));
  }

  /** Hot. Completes a request as a mapping left it. */
  apply(request: MappedRequest): void {
    const fallbackId = request.routeId === EMPTY_ID ? request.serviceId : request.routeId;
    const statedId = request.modelId;
    if (statedId === EMPTY_ID) request.modelId = fallbackId;
    if (this.#rules.length > 0) this.#applyRule(request, statedId === EMPTY_ID);
    if (request.operationId === EMPTY_ID && request.modelId !== request.routeId) {
      request.operationId = request.routeId;
    }
  }

  #applyRule(request: MappedRequest, isUnnamed: boolean): void {
    const index = this.#find(request.serviceId, request.modelId, isUnnamed);
    if (index === NO_RULE) return;
    const rule = this.#rules[index];
    if (isUnnamed && rule.givenModelId !== EMPTY_ID) request.modelId = rule.givenModelId;
    if (rule.setModelId !== EMPTY_ID) request.modelId = rule.setModelId;
    if (rule.variantId !== EMPTY_ID) request.variantId = rule.variantId;
    request.weight *= rule.weight;
  }

  #find(serviceId: number, modelId: number, isUnnamed: boolean): number {
    if (this.#generation !== this.#intern.generation) this.#forget();
    const pair = (serviceId * PAIRS_PER_ID + modelId) * 2 + (isUnnamed ? 1 : 0);
    if (pair === this.#lastPair) return this.#lastRule;
    const index = this.#known.get(pair) ?? this.#search(serviceId, modelId, isUnnamed);
    this.#known.set(pair, index);
    this.#lastPair = pair;
    this.#lastRule = index;
    return index;
  }

  #search(serviceId: number, modelId: number, isUnnamed: boolean): number {
    const service = this.#intern.text(serviceId);
    const model = this.#intern.text(modelId);
    return this.#rules.findIndex(
      (rule) =>
        (rule.service?.matches(service) ?? true) &&
        ((rule.model?.matches(model) ?? true) || (isUnnamed && rule.givenModelId !== EMPTY_ID)),
    );
  }

  #forget(): void {
    this.#generation = this.#intern.generation;
    this.#known.clear();
    this.#lastPair = -1;
  }
}

function bind(rule: MatchRule, idOfSeed: (name: string) => number): BoundRule {
  const { service, model, setModel, variant, sampleRate = 1 } = rule;
  const idOf = (name: string | undefined): number =>
    name === undefined || name === '' ? EMPTY_ID : idOfSeed(name);
  const givesModel = service !== undefined && model !== undefined && !model.includes('*');
  return {
    service: service === undefined ? undefined : new NamePattern(service),
    model: model === undefined ? undefined : new NamePattern(model),
    givenModelId: givesModel ? idOf(model) : EMPTY_ID,
    setModelId: idOf(setModel),
    variantId: idOf(variant),
    weight: 1 / sampleRate,
  };
}
