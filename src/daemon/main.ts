import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { places, withAbsoluteHome } from '../places.js';
import { VERSION } from '../protocol.js';
import type { Daemon } from './daemon.js';
import { UserError } from './errors.js';
import { loadSettings, SETTINGS } from './options.js';

const HELP = `expd ${VERSION}: runs experiments from a durable queue and brings them through crashes and reboots

usage: expd [--slots N] [--KEY VALUE …]     in the foreground; Ctrl-C ends it, runs go on

settings (flag, environment EXPD_<KEY>, or settings.yaml):
${SETTINGS.map(({ key, description }) => `  --${key.replaceAll('_', '-').padEnd(12)} ${description}`).join('\n')}

Most people never call it: expctl starts it when it is needed, and
\`expctl daemon install\` brings it back after a reboot.
`;

/** sysexits.h EX_TEMPFAIL: another daemon has the state; systemd must not try again (RestartPreventExitStatus). */
const ANOTHER_DAEMON = 75;
/** sysexits.h EX_CONFIG: places, database or shim; nor here. */
const MUST_BE_MENDED = 78;

void main().catch((error: unknown) => {
  process.stderr.write(`expd: ${complaint(error)}\n`);
  process.exit(exitCode(error));
});

async function main(): Promise<void> {
  const flags = readFlags();
  if (flags === null) return;
  // The socket, the database and every file of ours are private; runs get the umask of their submitter.
  process.umask(0o077);
  const daemon = await start(flags);
  keepSmall();
  process.stdout.write(`expd ${VERSION} ready: ${daemon.socket} (log: ${daemon.log})\n`);
  const why = await ending(daemon);
  await daemon.close();
  process.exit(why === 'failed' ? 1 : 0);
}

/** It lives long and idles: a heap that is collected often, not one that keeps what a burst took. */
function keepSmall(): void {
  const events: NodeJS.EventEmitter = process;
  events.emit('warm'); // see launch.ts
  setFlagsFromString('--optimize-for-size');
}

async function start(flags: Record<string, string>): Promise<Daemon> {
  const env = withAbsoluteHome(process.env);
  const loaded = await loadSettings(places(env).settings, flags, env);
  // A thread takes as long to come up as the rest of the daemon's code: side by side.
  const bundle = join(import.meta.dirname, 'writer.cjs'); // beside this one
  const writer = new Worker(bundle, {
    name: 'expd write',
    execArgv: [],
    // A thousand submissions at once would make it grow to 32 MB, and it would keep them.
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  });
  const broken = new Promise<never>((_, reject) => writer.once('error', reject));
  const { startDaemon } = await import('./daemon.js');
  const given = { places: places(env, loaded.settings.state), loaded, flags, env, writer };
  return Promise.race([startDaemon(given), broken]);
}

/** Resolves when it is time to go. */
function ending(daemon: Daemon): Promise<'asked' | 'failed'> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
      process.once(signal, () => resolve('asked'));
    void daemon.ended.then(resolve);
  });
}

/** null: what was asked for has been printed. */
function readFlags(): Record<string, string> | null {
  const options = Object.fromEntries(
    SETTINGS.map(({ key }) => [key.replaceAll('_', '-'), { type: 'string' as const }]),
  );
  let values: Record<string, string | boolean | undefined>;
  try {
    ({ values } = parseArgs({
      options: { ...options, help: { type: 'boolean' }, version: { type: 'boolean' } },
    }));
  } catch (cause) {
    throw new UserError('usage', cause instanceof Error ? cause.message : String(cause), 'expd --help');
  }
  if (values.help || values.version) {
    process.stdout.write(values.help ? HELP : `expd ${VERSION}\n`);
    return null;
  }
  const given = Object.entries(values).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(given.map(([flag, value]) => [flag.replaceAll('-', '_'), value]));
}

function complaint(error: unknown): string {
  if (error instanceof UserError) return error.message + (error.hint && `; ${error.hint}`);
  if (process.env.EXPD_DEBUG && error instanceof Error) return error.stack ?? error.message;
  return `this is a bug: ${error instanceof Error ? error.message : error} (EXPD_DEBUG=1 shows where)`;
}

function exitCode(error: unknown): number {
  if (!(error instanceof UserError)) return 1;
  if (error.code === 'another_daemon') return ANOTHER_DAEMON;
  return error.code === 'usage' ? 2 : MUST_BE_MENDED;
}
