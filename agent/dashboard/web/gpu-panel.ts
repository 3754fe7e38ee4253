import type { StatusAnswer } from './api-answers.ts';
import { create, render } from './dom.ts';

/** What is known of the GPU, or why nothing is. */
export function showGpu(element: HTMLElement, { source, reason }: StatusAnswer['gpu']): void {
  const title = source === 'none' ? 'GPU: no figures' : `GPU: read by ${source}`;
  render(element, create('h3', {}, title), create('p', {}, reason));
}
