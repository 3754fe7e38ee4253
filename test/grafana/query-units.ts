import { catalog } from '../../agent/core/catalog/catalog.ts';
import type { MeasurementSpec } from '../../agent/core/catalog/measurement-spec.ts';

/** The unit of each column that a query gives: a unit of the catalog, or one that follows by calculation. */
export type ColumnUnits = Readonly<Record<string, string>>;

const TOKEN =
  /\s*("[^"]*"|'[^']*'|=~ \/(?:[^/\\]|\\.)*\/|!~ \/(?:[^/\\]|\\.)*\/|[\w.$*{}:]+|>=|<=|[(),*/+\-=<>])/y;
const PURE = 'number';

/** Reads InfluxQL as the dashboards use it. Throws on what it does not know, a field that is not in the catalog too. */
export function columnUnits(query: string): ColumnUnits {
  const reader = new QueryReader(tokens(query));
  return reader.query();
}

function tokens(query: string): string[] {
  const found: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < query.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(query);
    if (match === null) throw new Error(`cannot read: ${query.slice(at, at + 40)}`);
    found.push(match[1] ?? '');
  }
  return found;
}

interface Expression {
  /** Unit by the columns of the source. */
  readonly unit: (source: ColumnUnits) => string;
  readonly name: string;
}

class QueryReader {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(list: readonly string[]) {
    this.#tokens = list;
  }

  query(): ColumnUnits {
    this.#expect('SELECT');
    const selected: Expression[] = [];
    do selected.push(this.#selection());
    while (this.#take(','));
    this.#expect('FROM');
    const source = this.#take('(') ? this.#subquery() : fieldUnits(unquoted(this.#next()));
    this.#skipRest();
    return Object.fromEntries(selected.map(({ name, unit }) => [name, unit(source)]));
  }

  #subquery(): ColumnUnits {
    const source = this.query();
    this.#expect(')');
    return source;
  }

  #selection(): Expression {
    const expression = this.#sum();
    return this.#take('AS') ? { ...expression, name: unquoted(this.#next()) } : expression;
  }

  #sum(): Expression {
    let left = this.#product();
    while (this.#peek() === '+' || this.#peek() === '-') {
      this.#next();
      left = same(left, this.#product());
    }
    return left;
  }

  #product(): Expression {
    let left = this.#factor();
    while (this.#peek() === '*' || this.#peek() === '/') {
      const combine = this.#next() === '*' ? times : over;
      left = combine(left, this.#factor());
    }
    return left;
  }

  #factor(): Expression {
    if (this.#take('(')) {
      const inner = this.#sum();
      this.#expect(')');
      return inner;
    }
    const token = this.#next();
    if (/^[\d.]+$/.test(token)) return { name: token, unit: () => PURE };
    if (token.startsWith('"'))
      return { name: unquoted(token), unit: (source) => known(source, unquoted(token)) };
    return this.#call(token);
  }

  #call(name: string): Expression {
    this.#expect('(');
    const argument = this.#sum();
    if (this.#take(',')) this.#next();
    this.#expect(')');
    return { name, unit: (source) => unitOfCall(name, argument.unit(source)) };
  }

  /** Conditions and groups have no unit. Ends before the parenthesis that closes the query. */
  #skipRest(): void {
    for (let depth = 0; this.#peek() !== undefined; this.#next()) {
      if (this.#peek() === '(') depth++;
      if (this.#peek() === ')' && depth-- === 0) return;
    }
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  #next(): string {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new Error('the query ends too early');
    return token;
  }

  #take(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#at++;
    return true;
  }

  #expect(token: string): void {
    const found = this.#next();
    if (found !== token) throw new Error(`${token} expected, not ${found}`);
  }
}

function unitOfCall(name: string, unit: string): string {
  if (name === 'count') return '1';
  if (name === 'non_negative_derivative') return unit === '1' ? '1/s' : `${unit}/s`;
  // The mean of what is 0 or 1 is a share.
  if (name === 'mean' && unit === 'flag') return 'ratio';
  return unit;
}

function times(a: Expression, b: Expression): Expression {
  return { name: a.name, unit: (source) => product(a.unit(source), b.unit(source)) };
}

/** Weighted by a number of requests a figure keeps its unit; a share of a number is a number. */
function product(a: string, b: string): string {
  if (a === PURE || a === '1') return b === 'ratio' ? '1' : b;
  if (b === PURE) return a;
  if (b === '1') return a === 'ratio' ? '1' : a;
  throw new Error(`${a} times ${b} has no unit`);
}

function over(a: Expression, b: Expression): Expression {
  return {
    name: a.name,
    unit: (source) => {
      const [above, below] = [a.unit(source), b.unit(source)];
      if (above === below) return 'ratio';
      if (below === '1' || below === PURE) return above;
      throw new Error(`${above} by ${below} has no unit`);
    },
  };
}

function same(a: Expression, b: Expression): Expression {
  return {
    name: a.name,
    unit: (source) => {
      const unit = a.unit(source);
      if (unit !== b.unit(source)) throw new Error(`${unit} and ${b.unit(source)} cannot be added`);
      return unit;
    },
  };
}

function fieldUnits(measurement: string): ColumnUnits {
  const specs: Readonly<Record<string, MeasurementSpec>> = catalog;
  const spec = specs[measurement];
  if (spec === undefined) throw new Error(`there is no measurement ${measurement}`);
  return Object.fromEntries(
    Object.entries(spec.fields).map(([field, { unit, help }]) => [
      field,
      unit === '1' && /^(\w+: )?1 (while|if) /.test(help) ? 'flag' : unit,
    ]),
  );
}

function known(source: ColumnUnits, column: string): string {
  const unit = source[column];
  if (unit === undefined) throw new Error(`there is no column ${column}`);
  return unit;
}

function unquoted(token: string): string {
  return token.slice(1, -1);
}
