/** The same network twice: as trained, and with int8 weights and activations. */
export const VARIANTS = ['fp32', 'int8'] as const;
export type Variant = (typeof VARIANTS)[number];

/** Values from 0 to 255, as a 32 × 32 image in grey would have. */
export const FEATURES = 1024;

/** 22 million weights: in fp32 more than the caches hold, so that reading them is what a request waits for. */
export const LAYER_SIZES: readonly number[] = [FEATURES, 2560, 2560, 2560, 2560, 10];
