/** Tells what happens: plain lines, a line that renews itself on a terminal, or JSON events for programs. */
export class ConsoleOutput {
  #json;
  #live = false;
  #startedMs = performance.now();

  constructor({ json }) {
    this.#json = json;
  }

  /** Something happened; `event` and `fields` are what a program reads, `text` what a person reads. */
  say(event, text, fields = {}) {
    if (this.#json) return this.#write(`${JSON.stringify({ event, ...fields })}\n`);
    this.#endLive();
    this.#write(`${text}\n`);
  }

  /** A step goes on: on a terminal in one line, else as a line each ten seconds (`lineDue`). */
  progress(event, text, { lineDue, ...fields }) {
    if (process.stdout.isTTY && !this.#json) {
      this.#live = true;
      this.#write(`\r\x1b[K${text}`);
    } else if (lineDue) {
      this.say(event, text, fields);
    }
  }

  elapsedSeconds() {
    return Math.round((performance.now() - this.#startedMs) / 1000);
  }

  #endLive() {
    if (this.#live) this.#write('\r\x1b[K');
    this.#live = false;
  }

  #write(text) {
    process.stdout.write(text);
  }
}
