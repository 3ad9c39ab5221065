import type { ComposeRequest, ComposeResponse, ComposeServer } from '../../gen/expd/v1/compose.js';
import type { Composer } from '../compose/composer.js';
import { UserError } from '../errors.js';
import type { Calls } from './call.js';

/** Jobs that a sweep may have, unless the caller says otherwise. */
const JOBS = 10_000;

/** Composes for tools that cannot themselves. */
export const composeService = (calls: Calls, composer: Pick<Composer, 'ask'>): ComposeServer => ({
  compose: calls.unary<ComposeRequest, ComposeResponse>('Compose.Compose', (request) =>
    compose(composer, request),
  ),
});

async function compose(
  composer: Pick<Composer, 'ask'>,
  { limit, ...request }: ComposeRequest,
): Promise<ComposeResponse> {
  const relative = [request.cwd, ...request.searchPath].find((path) => !/^(?:\/|pkg:\/\/)/.test(path));
  if (relative !== undefined)
    throw new UserError('usage', `${JSON.stringify(relative)} is no absolute path`, 'send absolute paths');
  const answer = await composer.ask('compose', { ...request, limit: limit || JOBS });
  return { ...answer, blobs: answer.blobs.map((blob) => Buffer.from(blob)) };
}
