import type { Logger } from '../../agent/core/logger.ts';

/** Keeps what was logged, as `level message`. */
export class SilentLogger implements Logger {
  readonly lines: string[] = [];

  debug(_context: object, message: string): void {
    this.lines.push(`debug ${message}`);
  }

  info(_context: object, message: string): void {
    this.lines.push(`info ${message}`);
  }

  warn(_context: object, message: string): void {
    this.lines.push(`warn ${message}`);
  }

  error(_context: object, message: string): void {
    this.lines.push(`error ${message}`);
  }
}
