import { access, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { ask } from './ask.js';
import type { Boot } from './machine.js';

export interface Booting {
  user: string;
  uid: number;
  env: Readonly<Record<string, string | undefined>>;
  /** The user unit as this version ships it. */
  shipped: string;
}

const UNIT = 'expd.service';
/** With this `expctl daemon install` ends its line in a crontab. */
const CRON_MARK = '# expctl daemon install';

/** Reads files and the crontab only: a manager may be away, and what it would do next time lies on disk. */
export async function probeBoot({ user, uid, env, shipped }: Booting): Promise<Boot> {
  const file = join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), 'systemd/user', UNIT);
  const text = await readFile(file, 'utf8').catch(() => null);
  const wants = '/etc/systemd/system/multi-user.target.wants';
  return {
    systemd: await exists('/run/systemd/system'),
    lingering: await exists(`/var/lib/systemd/linger/${user}`),
    unit:
      text === null
        ? null
        : {
            text,
            shipped,
            enabled: await exists(join(dirname(file), 'default.target.wants', UNIT)),
            missingProgram: await firstMissing(commandOf(text)),
          },
    otherwise:
      (await exists(`${wants}/expd@${uid}.service`)) || (await exists(`${wants}/expd@${user}.service`))
        ? 'system unit'
        : ((await ask('crontab', ['-l'])) ?? '').split('\n').some((line) => line.endsWith(CRON_MARK))
          ? 'crontab'
          : null,
  };
}

/** The words of ExecStart, without the quoting of systemd.service(5). */
export function commandOf(unit: string): string[] {
  const line = /^ExecStart=(.*)$/m.exec(unit)?.[1] ?? '';
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, bare]) =>
    (quoted ?? bare ?? '').replace(/\\(.)/g, '$1').replaceAll('%%', '%').replaceAll('$$', '$'),
  );
}

async function firstMissing(words: readonly string[]): Promise<string | null> {
  for (const word of words) if (word.startsWith('/') && !(await exists(word))) return word;
  return null;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
