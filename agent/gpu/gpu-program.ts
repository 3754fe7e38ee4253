import type { GpuReply } from './gpu-protocol.ts';
import { GpuFailure, type GpuReader, type ReadRequest } from './gpu-reader.ts';

/**
 * The reader's process: opens the reader that its first argument names, for the GPUs that the
 * others name or for all, answers one request at a time, and ends when the
 * channel to the agent closes. A driver call may hang or crash here; the agent then ends the whole group.
 */
const [source, ...uuids] = process.argv.slice(2);
const reader = await createReader(source, uuids.length === 0 ? {} : { devices: uuids });
process.on('message', async (request) => answer(() => read(request as ReadRequest)));
process.on('disconnect', () => {
  reader.close();
  endGroup();
});
await answer(open);

async function createReader(
  source: string | undefined,
  which: { readonly devices?: readonly string[] },
): Promise<GpuReader> {
  switch (source) {
    case 'nvml':
      return new (await import('./nvml/nvml-reader.ts')).NvmlReader(which);
    case 'nvidia-smi':
      return new (await import('./nvidia-smi/nvidia-smi-reader.ts')).NvidiaSmiReader(which);
    case 'simulated':
      return new (await import('./simulated-reader.ts')).SimulatedReader(() => Date.now());
    default:
      throw new Error(`bug: there is no GPU reader named ${source}`);
  }
}

async function open(): Promise<GpuReply> {
  await reader.open();
  return { kind: 'opened' };
}

async function read(request: ReadRequest): Promise<GpuReply> {
  return { kind: 'reading', reading: await reader.read(request) };
}

/** A failure is an answer; anything else is a bug and ends the process, which the agent sees. */
async function answer(ask: () => Promise<GpuReply>): Promise<void> {
  try {
    send(await ask());
  } catch (error) {
    if (!(error instanceof GpuFailure)) throw error;
    send({ kind: 'failed', failure: error.kind, message: error.message });
  }
}

/** The agent may be gone by now. */
function send(reply: GpuReply): void {
  if (process.connected) process.send?.(reply, () => undefined);
}

/** What the reader started goes with it. */
function endGroup(): void {
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    process.exit();
  }
}
