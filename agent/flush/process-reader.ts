/** What the agent reads of its own process; the process edge provides it. */
export interface ProcessReader {
  /** CPU time of the process since its start, user and system. */
  cpuSeconds(): number;
  memoryRssBytes(): number;
  /** The event loop's delay since the previous call. */
  eventLoopDelay(): { readonly p99Seconds: number; readonly maxSeconds: number };
  uptimeSeconds(): number;
}
