import { Tokenizer, TokenParser, TokenType } from '@streamparser/json';
import { TraceFault } from './import-error.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** Where the elements stand: in a list, or in the list `traceEvents` of an object. */
export type TraceShape = 'list' | 'events';

export interface ElementVisitor {
  /** `byte`: where it ends. */
  element(value: unknown, byte: number): void;
  /** A value of the object around `traceEvents`. */
  member(name: string, value: unknown): void;
}

/** Of the object around the events: what is read, and no more than that is kept. */
const MEMBERS = ['baseTimeNanoseconds', 'traceName'];
/** An event with a call stack has some KB; more than this at once is no trace, and would not fit into memory. */
const MAX_ELEMENT_BYTES = 4 * 2 ** 20;
const MAX_DEPTH = 500;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * Gives the elements of a trace of any length, one by one, as its bytes come. The text must be JSON from the first byte
 * to the last: throws `TraceFault` where it is not, and at the end if there should have been more.
 */
export class JsonElements {
  readonly #visitor: ElementVisitor;
  #tokenizer: Tokenizer | undefined;
  #parser: TokenParser | undefined;
  #shape: TraceShape | undefined;
  #bytes = 0;
  #depth = 0;
  /** Where the last token began. */
  #tokenByte = 0;
  /** Where the last element ended. */
  #elementByte = 0;

  constructor(visitor: ElementVisitor) {
    this.#visitor = visitor;
  }

  /** Undefined before the first byte of the text. */
  get shape(): TraceShape | undefined {
    return this.#shape;
  }

  write(chunk: Uint8Array): void {
    const tokenizer = this.#tokenizer ?? this.#begin(chunk);
    if (tokenizer !== undefined) this.#guard(() => tokenizer.write(chunk));
    this.#bytes += chunk.length;
    if (this.#bytes - this.#elementByte > MAX_ELEMENT_BYTES) {
      const what = this.#elementByte === 0 ? 'the first element' : 'another element, or the end,';
      throw new TraceFault(this.#elementByte, `expected ${what} within ${MAX_ELEMENT_BYTES} bytes`);
    }
  }

  end(): void {
    const [tokenizer, parser] = [this.#tokenizer, this.#parser];
    if (tokenizer === undefined || parser === undefined)
      throw new TraceFault(this.#bytes, 'expected JSON, found nothing');
    if (!parser.isEnded) throw new TraceFault(this.#bytes, 'expected more: the file ends within its JSON');
    if (!tokenizer.isEnded) this.#guard(() => tokenizer.end());
  }

  /** Undefined as long as there is nothing but white space. */
  #begin(chunk: Uint8Array): Tokenizer | undefined {
    const first = chunk.findIndex((byte) => !isSpace(byte) && !BYTE_ORDER_MARK.includes(byte));
    if (first < 0) return undefined;
    const bracket = String.fromCharCode(chunk[first]);
    if (bracket !== '[' && bracket !== '{')
      throw new TraceFault(this.#bytes + first, 'expected JSON that begins with [ or {');
    this.#shape = bracket === '[' ? 'list' : 'events';
    const paths = bracket === '[' ? ['$.*'] : ['$.traceEvents.*', ...MEMBERS.map((name) => `$.${name}`)];
    const parser = new TokenParser({ paths, keepStack: false });
    const tokenizer = new Tokenizer();
    const before = this.#bytes;
    tokenizer.onToken = (token) => {
      this.#tokenByte = before + token.offset;
      if (token.token === TokenType.LEFT_BRACE || token.token === TokenType.LEFT_BRACKET) this.#deepen();
      else if (token.token === TokenType.RIGHT_BRACE || token.token === TokenType.RIGHT_BRACKET)
        this.#depth--;
      parser.write(token);
    };
    tokenizer.onEnd = () => {};
    parser.onEnd = () => {};
    parser.onValue = ({ value, key, stack }) => this.#emit(value, key, stack.length);
    this.#parser = parser;
    this.#tokenizer = tokenizer;
    return tokenizer;
  }

  #deepen(): void {
    if (++this.#depth > MAX_DEPTH)
      throw new TraceFault(this.#tokenByte, `expected JSON of at most ${MAX_DEPTH} levels`);
  }

  #emit(value: unknown, key: string | number | undefined, depth: number): void {
    this.#elementByte = this.#tokenByte;
    if (this.#shape === 'events' && depth === 1) this.#visitor.member(String(key), value);
    else this.#visitor.element(value, this.#tokenByte);
  }

  /** What the parser throws is a fault of the text, unless it is one already. */
  #guard(parse: () => void): void {
    try {
      parse();
    } catch (cause) {
      if (cause instanceof TraceFault) throw cause;
      const { message } = cause as Error;
      const place = /absolute position "(\d+)"/.exec(message)?.[1];
      throw new TraceFault(
        place === undefined ? this.#tokenByte : Number(place),
        `expected JSON: ${inWords(message)}`,
        {
          cause,
        },
      );
    }
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The parser's message without its own words for place and state. */
function inWords(message: string): string {
  return message
    .replace(/ at chunk position .*$/s, '')
    .replace(/ in state \w+$/, '')
    .replace(/^U/, 'u');
}
