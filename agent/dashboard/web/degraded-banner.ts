import type { DegradationAnswer } from './api-answers.ts';
import { create, render } from './dom.ts';
import { formatSpan } from './format.ts';

/** Says what is wrong, and since when; takes no room when all is well. */
export function showDegraded(
  element: HTMLElement,
  degraded: readonly DegradationAnswer[],
  nowMs: number,
): void {
  element.hidden = degraded.length === 0;
  const items = degraded.map(({ component, reason, sinceMs }) =>
    create(
      'li',
      {},
      create('b', {}, component),
      ` ${reason} `,
      create('small', {}, `for ${formatSpan(nowMs - sinceMs)}`),
    ),
  );
  render(element, create('strong', {}, 'Degraded: spans are taken, but'), create('ul', {}, ...items));
}
