import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { UserError } from '../errors.js';
import { checkLayout, type Layout } from './layout.js';

export type Layouts = ReadonlyMap<string, Layout>;

/**
 * All `<name>.yaml` of the directories; a later directory wins, one that is missing holds none.
 * @throws UserError for a file that is no layout.
 */
export async function readLayouts(directories: readonly string[]): Promise<Layouts> {
  const found = await Promise.all(directories.map(readDirectory));
  return new Map(found.flat().map((layout) => [layout.name, layout]));
}

/** @throws UserError naming the layouts that exist. */
export function layoutNamed(layouts: Layouts, name: string): Layout {
  const layout = layouts.get(name);
  if (layout) return layout;
  throw new UserError(
    'usage',
    `no layout ${JSON.stringify(name)}`,
    `one of: ${[...layouts.keys()].sort().join(' ')}`,
  );
}

async function readDirectory(directory: string): Promise<Layout[]> {
  const files = await readdir(directory).catch(() => []);
  const yaml = files.filter((file) => file.endsWith('.yaml'));
  return Promise.all(
    yaml.map(async (file) => parseLayout(file.slice(0, -5), await readFile(join(directory, file), 'utf8'))),
  );
}

function parseLayout(name: string, text: string): Layout {
  const invalid = (why: string): UserError => new UserError('usage', `layout ${name}: ${why}`);
  let tree: unknown;
  try {
    tree = parse(text, { maxAliasCount: 0 });
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message.split('\n')[0]! : 'not YAML');
  }
  if (typeof tree !== 'object' || tree === null) throw invalid('needs run_dir and per');
  const { run_dir: runDir, per } = tree as Record<string, unknown>;
  if (typeof runDir !== 'string' || (per !== 'attempt' && per !== 'run'))
    throw invalid('run_dir is a template, per is attempt or run');
  return checkLayout({ name, runDir, per });
}
