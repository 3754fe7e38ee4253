import type { Cell } from './cell.ts';
import type { LiveDay } from './live-day.ts';
import type { QueueCell } from './queue.ts';

const SHAPES = ['lognormal', 'bimodal'] as const;
const RHOS = [0, 0.5, 0.9, 0.98] as const;
const RATIOS = [0.8, 0.95, 1, 1.05, 1.25] as const;

/** About 2,000 requests a side, in as many slices as a recording must have. */
const SHORT = { seconds: 40, rate: 50 } as const;

export const cells: readonly Cell[] = SHAPES.flatMap((shape) =>
  RHOS.flatMap((rho) =>
    [false, true].flatMap((steps) => RATIOS.map((ratio) => ({ ...SHORT, shape, rho, steps, ratio }))),
  ),
);

/** The memory of the slowest is longer than a recording's tenth in the last rows: no verdict is the right one. */
export const otherLengths: readonly Cell[] = SHAPES.flatMap((shape) => [
  ...[0, 0.9, 0.98].flatMap((rho) => [
    { shape, rho, seconds: 300, rate: 7, steps: false, ratio: 1 },
    { shape, rho, seconds: 120, rate: 50, steps: false, ratio: 1 },
  ]),
  ...[0.99, 0.995, 0.999].map((rho) => ({ ...SHORT, shape, rho, steps: false, ratio: 1 })),
]);

/** A GPU that does nothing else, and clients that wait for it: in 40 s 4 of them get 1,700 answers. */
const steady = { shape: 'steady', rho: 0, seconds: 40, rate: 41.7, steps: false, isClosed: true } as const;

const DRIFTS: readonly NonNullable<Cell['drift']>[] = [0.003, 0.02].flatMap((amplitude) => [
  { kind: 'linear', amplitude, sides: 2 },
  { kind: 'warm-up', amplitude, sides: 1 },
  { kind: 0.99, amplitude, sides: 2 },
  { kind: 0.999, amplitude, sides: 2 },
]);

/** The drift is far below the effect, or is all there is; then ten seconds that are no like the rest. */
export const driftCells: readonly Cell[] = [
  ...DRIFTS.flatMap((drift) => [1, 0.98, 0.95, 0.8, 0.55].map((ratio) => ({ ...steady, ratio, drift }))),
  ...[40, 120, 300].flatMap((seconds) =>
    (['steady', 'lognormal'] as const).flatMap((shape) =>
      [true, false].map((isClosed) => ({
        ...steady,
        shape,
        seconds,
        isClosed,
        ratio: 1,
        drift: { kind: 'slow start', amplitude: 3, sides: 1 } as const,
      })),
    ),
  ),
];

/** Where methods are held against each other. */
export const methodCells: readonly Cell[] = cells.filter(({ ratio, steps }) => ratio === 1 && !steps);

/** Standard normal numbers that 1 % and 3 % of all are above. */
const [ONE, THREE] = [2.326, 1.881];

/** Errors as autocorrelated as durations: 1 % on both sides, and 3 % on the candidate's. */
export const errorCells: readonly Cell[] = RHOS.flatMap((rho) =>
  [ONE, THREE].map((candidate) => ({
    ...SHORT,
    shape: 'lognormal',
    rho,
    steps: false,
    ratio: 0.8,
    failAbove: [ONE, candidate] as const,
  })),
);

/** A server of one place, half busy to nearly full, and with clients that wait for their answers. */
export const queueCells: readonly QueueCell[] = [
  ...[50, 80, 90].map((perSecond) => ({ kind: 'open', perSecond }) as const),
  ...[1, 4].map((count) => ({ kind: 'closed', count }) as const),
].flatMap((clients) => [1, 0.9].map((ratio) => ({ clients, ratio })));

const look: Cell = { shape: 'lognormal', rho: 0, seconds: 60, rate: 10, steps: false, ratio: 1 };

/** Looks of a minute: 1,440 a day. */
export const liveDays: readonly { readonly cell: Cell; readonly day: Omit<LiveDay, 'series'> }[] = [
  { cell: look, day: { looks: 1440, baselineSeconds: 60 } },
  { cell: look, day: { looks: 1440, baselineSeconds: 60, confidence: 0.95 } },
  { cell: look, day: { looks: 1440, baselineSeconds: 600 } },
  { cell: { ...look, rho: 0.9 }, day: { looks: 1440, baselineSeconds: 60 } },
  { cell: { ...look, rho: 0.98 }, day: { looks: 1440, baselineSeconds: 60 } },
  { cell: { ...look, steps: true }, day: { looks: 1440, baselineSeconds: 120 } },
];

const steadyLook: Cell = { ...steady, seconds: 60, rate: 10, ratio: 1 };

/** The level of a steady GPU wanders all day; or the baseline alone drifts, or was recorded from a cold start. */
export const driftDays: typeof liveDays = (
  [
    { kind: 0.99, amplitude: 0.02, sides: 2 },
    { kind: 0.999, amplitude: 0.02, sides: 2 },
    { kind: 'linear', amplitude: 0.02, sides: 1 },
    { kind: 'slow start', amplitude: 3, sides: 1 },
  ] as const
).map((drift) => ({ cell: { ...steadyLook, drift }, day: { looks: 1440, baselineSeconds: 60 } }));
