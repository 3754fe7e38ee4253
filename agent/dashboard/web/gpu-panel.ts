import type { GpuAnswer } from './api-answers.ts';
import { create, render } from './dom.ts';

/** Which GPUs are read, by what, and which are joined with requests; or why nothing is. */
export function showGpu(element: HTMLElement, gpu: GpuAnswer): void {
  const { source, reason, failure, devices, lost, notes } = gpu;
  if (source === 'none' || failure !== undefined || devices.length + lost.length === 0) {
    const title = source === 'none' ? 'GPU: no figures' : `GPU: no figures from ${source}`;
    render(element, create('h3', {}, title), create('p', {}, reason));
    return;
  }
  const isSimulated = source === 'simulated';
  render(
    element,
    create('h3', { title: reason }, isSimulated ? 'GPU: simulated' : `GPU: read by ${source}`),
    isSimulated ? create('p', { class: 'warning' }, 'The figures are made up.') : undefined,
    create(
      'ul',
      {},
      ...devices.map((device) => createDevice(device, gpu)),
      ...lost.map(({ index, reason: cause }) => create('li', { class: 'bad' }, `GPU ${index}: ${cause}`)),
    ),
    create('p', {}, `${gpu.own === undefined ? 'Not joined' : 'Joined'} with requests: ${gpu.ownReason}.`),
    ...notes.map((note) => create('p', {}, note)),
  );
}

function createDevice({ index, uuid, name }: GpuAnswer['devices'][number], { own }: GpuAnswer): HTMLElement {
  const isOther = own !== undefined && !own.includes(uuid);
  const text = `GPU ${index} · ${name}${isOther ? ' · another server’s' : ''}`;
  return create('li', { title: uuid, class: isOther ? 'other' : undefined }, text);
}
