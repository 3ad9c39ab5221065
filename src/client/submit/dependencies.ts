import { type Dependency, DependencyKind } from '../../gen/expd/v1/runs.js';
import { ClientError } from '../errors.js';

const KINDS: Readonly<Record<string, DependencyKind>> = {
  afterok: DependencyKind.DEPENDENCY_KIND_AFTER_OK,
  afterany: DependencyKind.DEPENDENCY_KIND_AFTER_ANY,
};

/** `7` (as afterok), `afterok:7`, `afterany:7,8`. @throws ClientError */
export function dependencies(words: readonly string[]): Dependency[] {
  return words.flatMap((word) => {
    const at = word.indexOf(':');
    const kind = KINDS[at < 0 ? 'afterok' : word.slice(0, at)];
    const runs = word
      .slice(at + 1)
      .split(/[:,]/)
      .filter((run) => run !== '');
    if (kind === undefined || runs.length === 0)
      throw new ClientError(
        'usage',
        `${JSON.stringify(word)} names no run`,
        'write 7, afterok:7 or afterany:7',
      );
    return runs.map((run) => ({ run, kind }));
  });
}
