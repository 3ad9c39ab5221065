import {
  type Composed,
  ConfigTree,
  HydraError,
  MemorySource,
  type TreeOptions,
} from '../../../src/hydra/hydra.js';

/** Files by path. */
export type Files = Readonly<Record<string, string>>;

/** A tree in memory. */
export function treeOf(files: Files, options: Partial<TreeOptions> = {}): ConfigTree {
  const contents = Object.entries(files).map(
    ([file, text]) => [file, { kind: 'text', text, file: `conf/${file}` }] as const,
  );
  return new ConfigTree({
    directory: null,
    sources: [new MemorySource('main', 'conf', new Map(contents))],
    env: {},
    now: () => Date.UTC(2024, 0, 2, 3, 4, 5),
    ...options,
  });
}

export const compose = (files: Files, overrides: readonly string[] = []): Composed =>
  treeOf(files).compose('config', overrides);

/** One configuration, without others. */
export const composeText = (text: string, overrides: readonly string[] = []): Composed =>
  compose({ 'config.yaml': text }, overrides);

/** What `run` is refused with. */
export function refusal(run: () => unknown): HydraError {
  try {
    run();
  } catch (error) {
    if (error instanceof HydraError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
