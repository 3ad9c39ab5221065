import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { read } from '../../../src/client/arguments.js';
import type { ClientError } from '../../../src/client/errors.js';
import type { Plan } from '../../../src/client/hydra/plan.js';
import { Planner } from '../../../src/client/hydra/planning.js';
import { PLAN_FLAGS } from '../../../src/client/submit/flags.js';

/** A directory with files, and what command lines mean in it. */
export class Project {
  readonly dir = mkdtempSync(join(tmpdir(), 'expd-planning-'));

  constructor(files: Readonly<Record<string, string>>) {
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  write(path: string, text: string): void {
    const file = join(this.dir, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** `flags`: by long name. */
  plan(
    what: { argv: string[] } | { overrides: string[] },
    flags: Readonly<Record<string, string[]>> = {},
    env: Readonly<Record<string, string>> = {},
  ): Promise<Plan> {
    const planner = new Planner({ env: { PATH: process.env.PATH, ...env }, now: Date.now });
    return planner.plan({
      argv: 'argv' in what ? what.argv : [],
      overrides: 'overrides' in what ? what.overrides : null,
      flags: read(PLAN_FLAGS, new Map(Object.entries(flags)), 0),
      cwd: this.dir,
      pinned: 'pin-config' in flags,
    });
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** What a refused plan says: message, hint and the lines below. */
export async function refusal(plan: Promise<Plan>): Promise<string> {
  try {
    await plan;
  } catch (error) {
    const { message, hint, lines } = error as ClientError;
    return [message, hint, ...lines].join('\n');
  }
  throw new Error('it was not refused');
}

export const hydraApp = (parameters: string): string =>
  `import hydra\n\n\n@hydra.main(${parameters})\ndef main(cfg):\n    print(cfg)\n\n\nmain()\n`;
