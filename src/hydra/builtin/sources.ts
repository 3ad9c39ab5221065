import { MemorySource } from '../compose/memory.js';
import type { Content, Source } from '../compose/source.js';
import type { Struct } from '../config/field.js';
import { Dict, type Value } from '../value.js';
import { HYDRA_FILES } from './files.js';
import { basicLauncher, basicSweeper, hydraConf, hydraDefaults } from './hydra-conf.js';
import { COLORLOG_FILES, PLUGIN_STRUCTS } from './plugins.js';

/** Hydra's own configurations; always first, so that nobody's files stand before them. `plugins`: and theirs. */
export const hydraSource = (plugins = false): Source =>
  new MemorySource(
    'hydra',
    'hydra.conf',
    texts('hydra.conf', plugins ? { ...HYDRA_FILES, ...COLORLOG_FILES } : HYDRA_FILES),
    'pkg',
  );

export const colorlogSource = (): Source =>
  new MemorySource(
    'hydra-colorlog',
    'hydra_plugins.hydra_colorlog.conf',
    texts('hydra_colorlog', COLORLOG_FILES),
    'pkg',
  );

/**
 * What Python programs register instead of writing files; always last. `more` (by path, without extension): what a
 * program registers of its own.
 */
export const storeSource = (plugins: boolean, more: ReadonlyMap<string, Content> = new Map()): Source => {
  const files = new Map<string, Content>([
    ['hydra/config.yaml', dataclass(hydraConf, hydraDefaults)],
    ['hydra/launcher/basic.yaml', dataclass(basicLauncher)],
    ['hydra/sweeper/basic.yaml', dataclass(basicSweeper)],
  ]);
  if (plugins)
    for (const [path, { struct, defaults }] of Object.entries(PLUGIN_STRUCTS))
      files.set(`hydra/${path}.yaml`, dataclass(struct, defaults));
  for (const [path, content] of more) files.set(path.endsWith('.yaml') ? path : `${path}.yaml`, content);
  return new MemorySource('schema', '', files, 'structured');
};

const texts = (label: string, files: Readonly<Record<string, string>>): Map<string, Content> =>
  new Map(
    Object.entries(files).map(([path, text]) => [
      `hydra/${path}`,
      { kind: 'text', text, file: `${label}/hydra/${path}` },
    ]),
  );

const dataclass = (struct: Struct, defaults?: Value): Content => ({
  kind: 'data',
  value: defaults === undefined ? new Dict<Value>() : Dict.from<Value>([['defaults', defaults]]),
  struct,
});
