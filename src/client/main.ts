import { existsSync } from 'node:fs';
import { withAbsoluteHome } from '../places.js';
import { expctl } from './cli.js';
import { ClientError, failureOf } from './errors.js';
import { openScreen } from './screen.js';

const screen = openScreen(process.stdout, process.stderr, process.env, Date.now());

// A bug outside of every await: one line as for any other error.
process.on('uncaughtException', (error) => {
  screen.note(process.env.EXPD_DEBUG ? `${error.stack}` : `expctl: ${failureOf(error).message}`);
  process.exit(1);
});

void expctl(process.argv.slice(2), {
  env: withAbsoluteHome(process.env),
  cwd,
  now: Date.now,
  stdin: () => process.stdin,
  screen,
}).then(async (code) => {
  await screen.flushed();
  process.exit(code);
});

function cwd(): string {
  try {
    const directory = process.cwd();
    if (!directory.includes('\ufffd') || existsSync(directory)) return directory;
  } catch (cause) {
    throw new ClientError('usage', 'the working directory is gone', 'cd to one that exists', { cause });
  }
  throw new ClientError('usage', 'the path of the working directory is not UTF-8', 'rename it');
}
