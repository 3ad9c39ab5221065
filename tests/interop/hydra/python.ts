import { skipUnless } from '../../helpers/skip.js';

/** A Python with hydra-core 1.3. */
export const interopPython = process.env.EXPD_INTEROP_PYTHON;

/** `test` where that Python is named. */
export const withHydra = skipUnless(
  interopPython !== undefined,
  'EXPD_INTEROP_PYTHON names no Python with hydra-core',
);
