import { expect } from 'chai';
import { catalog } from '../../agent/core/catalog/catalog.ts';
import type { Unit } from '../../agent/core/catalog/measurement-spec.ts';
import { PointSeries } from '../../agent/core/point.ts';

describe('point series', () => {
  it('sorts its tags and leaves empty ones out', () => {
    const { tags } = new PointSeries('inference', {
      variant: 'int8',
      model: 'm',
      version: '',
      operation: undefined,
    });
    expect(Object.entries(tags)).to.deep.equal([
      ['model', 'm'],
      ['variant', 'int8'],
    ]);
  });
});

describe('catalog', () => {
  const fields = Object.entries(catalog).flatMap(([measurement, spec]) =>
    Object.entries(spec.fields).map(([field, { unit, help }]) => ({
      name: `${measurement}.${field}`,
      field,
      unit,
      help,
    })),
  );

  it('ends each field of ours in its unit', () => {
    const ours = fields.filter(({ name }) => !name.startsWith('nvidia_smi'));
    const suffix: Readonly<Partial<Record<Unit, RegExp>>> = {
      s: /_seconds(_|$)/,
      By: /_bytes$/,
      J: /_joules$/,
      ratio: /_ratio(_low|_high)?$/,
      '1/s': /_rate$/,
      '1/J': /_per_joule$/,
      '1': /./,
      text: /./,
    };
    expect(
      ours.filter(({ field, unit }) => !suffix[unit]?.test(field)).map(({ name }) => name),
    ).to.deep.equal([
      'inference_phase.seconds_mean',
      'inference_phase.seconds_max',
      'inference_phase.seconds_p50',
      'inference_phase.seconds_p95',
      'inference_phase.seconds_p99',
    ]);
  });

  it('explains every field in a sentence', () => {
    expect(fields.filter(({ help }) => !help.endsWith('.')).map(({ name }) => name)).to.deep.equal([]);
  });

  it('never uses one name for a tag and a field of one measurement: a store would refuse it', () => {
    for (const [name, spec] of Object.entries(catalog)) {
      expect(
        Object.keys(spec.tags).filter((tag) => tag in spec.fields),
        name,
      ).to.deep.equal([]);
    }
  });
});
