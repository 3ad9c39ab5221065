import { explained } from '../../composition/explained.js';
import type { HydraError } from '../../hydra/hydra.js';
import { ClientError } from '../errors.js';

/** What is wrong with a configuration: one line with its place, below it the text with a caret and what there is. */
export function problem(error: HydraError): ClientError {
  const { message, hint, lines } = explained(error);
  return new ClientError('config_invalid', message, hint, { cause: error, lines });
}
