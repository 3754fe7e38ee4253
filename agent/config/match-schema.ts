import { z } from 'zod';
import { choice, list, share, text } from './option.ts';

/** `match`: what no server says of itself, such as its quantization. */
export const match = list(
  'What spans of a service or model that come by OTLP do not say; the first entry whose `service` and `model` match counts. Both may have `*` for any characters. `set_model` replaces the name; `service` with a `model` that the spans do not state gives it to them.',
  z.strictObject({
    service: text("The resource's `service.name`, or a pattern of it.", { max: 256 }).optional(),
    model: text("The model's name, or a pattern of it.", { max: 256 }).optional(),
    set_model: text("The model's name instead of the one stated.", { max: 256 }).optional(),
    variant: text('Its variant.', { max: 256 }).optional(),
    expect_tensor: choice(
      'The tensor cores that the variant should use: integer (imma) or half precision (hmma). `tensor_expected_ratio` of `inference_gpu` says whether they were busy; holds for series of every protocol, by model and variant.',
      ['imma', 'hmma'],
    ).optional(),
    sample_rate: share('The share of requests that the server traces; counts and rates are scaled by it.', {
      min: 1e-6,
    }).optional(),
  }),
  { max: 200, takes: 'entries {service, model, set_model, variant, expect_tensor, sample_rate}' },
);
