import { byteSize, duration, integer, section } from './option.ts';

/** `baseline`: what is recorded of series, so that it can be kept and compared. */
export const baseline = section(
  {
    help: 'Recordings, second by second, of what series did: what `infermeter baseline save` keeps and `compare` reads.',
  },
  {
    series: integer(
      'Series recorded at a time: those that came first, but those of models with baselines before others. 0: none.',
      { min: 0, max: 1000 },
    ).prefault('64'),
    keep: duration('How far back a recording reaches.', { min: '2m', max: '1h' }).prefault('15m'),
    max_bytes: byteSize('Memory that recordings may take; the oldest slices go first.', {
      min: '1MiB',
      max: '1GiB',
    }).prefault('32MiB'),
  },
).prefault({});
