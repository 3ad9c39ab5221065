import { readFileSync } from 'node:fs';
import { type Places, places } from '../places.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the daemon is to be found: the same rule as the daemon's own, which knows its `state` setting. */
export function whereabouts(env: Environment): Places {
  const plain = places(env);
  const override = env.EXPD_STATE || stateSetting(readOr(plain.settings, ''));
  return override === null ? plain : places(env, override);
}

/** The `state` setting of settings.yaml; one line, so that a short command need not load a YAML parser. */
export function stateSetting(yaml: string): string | null {
  const value = /^state:[ \t]+(?:"([^"\n]*)"|'([^'\n]*)'|([^\s#'"][^\n]*?))[ \t]*(?:[ \t]#[^\n]*)?$/m.exec(
    yaml,
  );
  const text = value?.[1] ?? value?.[2] ?? value?.[3] ?? '';
  return text === '' || text === 'null' || text === '~' ? null : text;
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}
