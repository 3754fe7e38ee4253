import { StringDecoder } from 'node:string_decoder';
import { parseSample, type Sample, sampleName } from './exposition-parser.ts';

/** A longer line is no sample of a server. */
const MAX_LINE_CHARACTERS = 64 * 1024;

export interface SampleSink {
  /** Whether samples of this name are asked for; the others are skipped unread. */
  wants(name: string): boolean;
  take(sample: Sample): void;
}

/** Reads Prometheus text as it comes, chunk by chunk, and gives the samples that are asked for. */
export class ExpositionReader {
  readonly #sink: SampleSink;
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';
  /** In a line that is too long, up to its end. */
  #skipping = false;
  #samples = 0;
  #malformed = 0;

  constructor(sink: SampleSink) {
    this.#sink = sink;
  }

  /** Lines that begin as a sample does, asked for or not. */
  get samples(): number {
    return this.#samples;
  }

  /** Lines that do not parse; of samples that nobody asked for only the name is looked at. */
  get malformed(): number {
    return this.#malformed;
  }

  push(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#end(line);
    if (this.#rest.length <= MAX_LINE_CHARACTERS) return;
    if (!this.#skipping) this.#malformed++;
    this.#skipping = true;
    this.#rest = '';
  }

  /** After the last chunk: its last line may have no end. */
  finish(): void {
    this.#end(this.#rest + this.#decoder.end());
    this.#rest = '';
  }

  #end(line: string): void {
    if (this.#skipping) this.#skipping = false;
    else if (line.length > MAX_LINE_CHARACTERS) this.#malformed++;
    else this.#read(line);
  }

  #read(line: string): void {
    const name = sampleName(line);
    if (name === '') return;
    if (name === undefined) {
      this.#malformed++;
      return;
    }
    this.#samples++;
    if (!this.#sink.wants(name)) return;
    const sample = parseSample(line, name);
    if (sample === undefined) this.#malformed++;
    else this.#sink.take(sample);
  }
}
