export interface StreamEvent {
  readonly type: string;
  readonly data: string;
}

/** Reads server-sent events (HTML standard, section 9.2.6) from text that comes in pieces. */
export class EventStreamParser {
  #rest = '';
  #type = '';
  #data: string[] = [];

  /** The events that `text` completes. */
  push(text: string): readonly StreamEvent[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.flatMap((line) => this.#readLine(line.endsWith('\r') ? line.slice(0, -1) : line));
  }

  #readLine(line: string): readonly StreamEvent[] {
    if (line === '') return this.#complete();
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') this.#type = value;
    if (name === 'data') this.#data.push(value);
    return [];
  }

  #complete(): readonly StreamEvent[] {
    const event = { type: this.#type || 'message', data: this.#data.join('\n') };
    const isEmpty = this.#data.length === 0;
    this.#type = '';
    this.#data = [];
    return isEmpty ? [] : [event];
  }
}
