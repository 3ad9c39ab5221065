import { isAbsolute, join } from 'node:path';
import { ConfigTree, FileSource, HydraError, valueText } from '../../hydra/hydra.js';
import { PACKAGE_ROOT } from '../../install.js';
import { ClientError } from '../errors.js';

/** What is known of a run before it is submitted. */
export interface Foreseen {
  project: string;
  name: string;
  /** Number in its sweep; null: a run by itself. */
  job: number | null;
  experimentId: string;
}

const TOKENS = ['name', 'job', 'attempt', 'run_id', 'ulid', 'git', 'experiment_id', 'sweep'] as const;
const token = (variable: string): string => `<${variable}>`;

/**
 * Where a layout puts run directories, absolute: `${now:…}` stands for a time that is to come, `<run_id>` and its
 * like for what the queue decides. `settings`: the directory of layouts of one's own. @throws ClientError
 */
export function layoutPattern(name: string, settings: string): (run: Foreseen) => string {
  const tree = new ConfigTree({
    directory: join(PACKAGE_ROOT, 'conf'),
    sources: [new FileSource('settings', settings)],
    env: {},
  });
  const known = tree.options('layout');
  if (!known.includes(name))
    throw new ClientError(
      'usage',
      `there is no layout ${JSON.stringify(name)}`,
      `there are ${[...known].sort().join(', ')}`,
    );
  const variables = TOKENS.map((variable) => `+${variable}=${valueText(token(variable))}`);
  const patternOf = (which: 'run' | 'job'): string => {
    try {
      return tree.compose(null, [`+layout=${name}`, ...variables]).pattern(`layout.${which}.dir`);
    } catch (error) {
      if (error instanceof HydraError) throw new ClientError('usage', `layout ${name}: ${error.message}`);
      throw error;
    }
  };
  const patterns = new Map<'run' | 'job', string>();
  return ({ project, name: runName, job, experimentId }) => {
    const which = job === null ? 'run' : 'job';
    const pattern = patterns.get(which) ?? patternOf(which);
    patterns.set(which, pattern);
    const path = pattern
      .replaceAll(token('name'), runName)
      .replaceAll(token('job'), job === null ? '' : String(job))
      .replaceAll(token('experiment_id'), experimentId);
    return isAbsolute(path) ? path : join(project, path);
  };
}
