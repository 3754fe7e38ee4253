import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A child process (`ingest-server.ts`) that serves, and says what CPU time it used. */
export class BenchServer {
  readonly #process: ChildProcess;
  readonly #address: string;

  /** `flags`: of Node. `farEnd`: URL that exports of OTLP are passed on to. */
  static async start(service: string, flags: readonly string[] = [], farEnd?: string): Promise<BenchServer> {
    const words = farEnd === undefined ? [service] : [service, farEnd];
    const child = fork(fileURLToPath(new URL('ingest-server.ts', import.meta.url)), words, {
      execArgv: [...process.execArgv, ...flags],
    });
    const [{ address }] = (await once(child, 'message')) as [{ address: string }];
    return new BenchServer(child, address);
  }

  private constructor(child: ChildProcess, address: string) {
    this.#process = child;
    this.#address = address;
  }

  /** Microseconds of its CPU time that the work took. */
  async measure(work: (address: string) => Promise<void>): Promise<number> {
    const before = await this.#cpuUs();
    await work(this.#address);
    return (await this.#cpuUs()) - before;
  }

  stop(): void {
    this.#process.kill();
  }

  async #cpuUs(): Promise<number> {
    this.#process.send('cpu');
    const [answer] = (await once(this.#process, 'message')) as [{ cpuUs: number }];
    return answer.cpuUs;
  }
}
