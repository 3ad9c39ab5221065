import { createHash } from 'node:crypto';
import { type ConfigurationFile, ConfigurationTree } from '../gen/expd/v1/runs.js';
import { type ConfigTree, FileSource, type Source } from '../hydra/hydra.js';

// The files of a search path, kept with what was composed from them, so that it can be composed again.

/** What is more than this is no tree of configurations: then only the files that took part are kept. */
const MOST_BYTES = 4 << 20;
const MOST_ENTRIES = 4000;
const DEEPEST = 16;

type Texts = Map<string, string>;

/** `sources`: the search path. The tree has composed already what is to be kept. */
export function storedTree(tree: ConfigTree, sources: readonly Source[]): ConfigurationTree {
  const taken = new Map(sources.map((source): [Source, Texts] => [source, new Map()]));
  for (const { source, path, text } of tree.taken()) taken.get(source)?.set(path, text);
  const own = sources.filter(({ provider, scheme }) => provider !== 'hydra' && scheme !== 'structured');
  const all = allFiles(own);
  return {
    partial: all === null,
    sources: own.map((source) => {
      const took = taken.get(source) ?? new Map();
      const texts = new Map([...(all?.get(source) ?? []), ...took]);
      return {
        provider: source.provider,
        scheme: source.scheme,
        path: source.path,
        directory: (source instanceof FileSource ? source.directory : null) ?? '',
        files: [...texts].sort(byPath).map(([path, text]) => file(path, text, took.has(path))),
      };
    }),
  };
}

export const encodedTree = (tree: ConfigurationTree): Buffer =>
  Buffer.from(ConfigurationTree.encode(tree).finish());

const file = (path: string, text: string, tookPart: boolean): ConfigurationFile => ({
  path,
  text,
  sha256: createHash('sha256').update(text).digest('hex'),
  tookPart,
});

const byPath = ([a]: [string, string], [b]: [string, string]): number => (a < b ? -1 : a > b ? 1 : 0);

/** null: there is too much. */
function allFiles(sources: readonly Source[]): Map<Source, Texts> | null {
  const room = { entries: MOST_ENTRIES, bytes: MOST_BYTES };
  const all = new Map<Source, Texts>();
  for (const source of sources) {
    const texts: Texts = new Map();
    if (source.available() && !gather(source, '', texts, room, DEEPEST)) return null;
    all.set(source, texts);
  }
  return all;
}

/** false: the room is used up. */
function gather(
  source: Source,
  directory: string,
  texts: Texts,
  room: { entries: number; bytes: number },
  deeper: number,
): boolean {
  for (const name of source.list(directory).filter((entry) => !entry.startsWith('.'))) {
    if (--room.entries < 0) return false;
    const path = directory === '' ? name : `${directory}/${name}`;
    if (/\.ya?ml$/.test(name) && source.hasConfig(path)) {
      const content = readable(source, path);
      if (content === null) continue;
      room.bytes -= Buffer.byteLength(content);
      if (room.bytes < 0) return false;
      texts.set(path, content);
    } else if (source.isGroup(path) && (deeper === 0 || !gather(source, path, texts, room, deeper - 1)))
      return false;
  }
  return true;
}

/** A file that cannot be read is no matter until a configuration asks for it. */
function readable(source: Source, path: string): string | null {
  try {
    const content = source.read(path);
    return content.kind === 'text' ? content.text : null;
  } catch {
    return null;
  }
}
