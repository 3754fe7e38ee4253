/**
 * For tests of real servers and programs only, whose time is not ours: asks again every 50 ms until `probe` gives
 * something, and rejects with `what` when it took longer than `timeoutMs`.
 */
export async function poll<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  timeoutMs = 15_000,
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const value = await probe().catch(() => undefined);
    if (value !== undefined) return value;
    if (performance.now() > deadlineMs) throw new Error(`timed out: ${what}`);
    await pause(50);
  }
}

/** Real time, for the same tests. */
export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
