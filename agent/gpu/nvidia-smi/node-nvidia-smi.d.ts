declare module 'node-nvidia-smi' {
  /**
   * Runs `nvidia-smi -q -x` in a shell and hands over its XML as xml2js parses it (explicitArray: false, trim: true).
   * An error of the run or of the parser comes as an `Error`, anything on stderr as that text.
   */
  function query(callback: (error: Error | string | null, answer?: unknown) => void): void;
  export = query;
}
