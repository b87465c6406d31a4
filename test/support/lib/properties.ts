/**
 * How property tests run: over the same values every time, so that what passed passes again. FAIRLEAD_TEST_SEED=<number>
 * looks at others.
 */
export const repeatable = { seed: Number(process.env['FAIRLEAD_TEST_SEED'] ?? '1') };
