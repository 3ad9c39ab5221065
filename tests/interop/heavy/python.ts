import { type InteropPython, interopPython } from '../../helpers/interop-python.js';
import { skipUnless } from '../../helpers/skip.js';

/** Real training stacks: gigabytes, so only for `npm run test:heavy`. */
export function heavyPython(): InteropPython {
  if (process.env.EXPD_TEST_HEAVY === '1') return interopPython('stacks');
  return { python: 'python3', test: skipUnless(false, 'npm run test:heavy') };
}
