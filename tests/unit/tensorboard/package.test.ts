import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { scratch } from './scratch.js';

const root = resolve(import.meta.dirname, '../../..');

/** A project that has expd among its packages. */
function project(files: Readonly<Record<string, string>>): string {
  const directory = scratch();
  mkdirSync(join(directory, 'node_modules/@types'), { recursive: true });
  symlinkSync(root, join(directory, 'node_modules/expd'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

const node = (directory: string, file: string): string =>
  execFileSync(process.execPath, [file], { cwd: directory, encoding: 'utf8' });

test('modules and CommonJS import it', () => {
  const use = 'console.log(typeof EventWriter, typeof EventReader, typeof writeMarker)';
  const names = '{ EventWriter, EventReader, writeMarker }';
  const directory = project({
    'module.mjs': `import ${names} from 'expd/tensorboard'; ${use}`,
    'common.cjs': `const ${names} = require('expd/tensorboard'); ${use}`,
  });
  for (const file of ['module.mjs', 'common.cjs'])
    expect(node(directory, file)).toBe('function function function\n');
});

test('its types need no others', () => {
  const directory = project({
    'package.json': '{ "type": "module" }',
    'tsconfig.json': JSON.stringify({
      compilerOptions: { module: 'nodenext', strict: true, noEmit: true, skipLibCheck: false, types: [] },
      files: ['train.ts'],
    }),
    'train.ts': `
      import { EventReader, EventWriter, type LoggedEvent } from 'expd/tensorboard';
      const writer = new EventWriter('runs/1');
      writer.scalar('loss', 0.5, 1);
      // @ts-expect-error: a step is a number
      writer.scalar('loss', 0.5, '1');
      const events: LoggedEvent[] = [...new EventReader('x', { offset: 5 }).events()];
      for (const event of events) if (event.kind === 'values') event.values.map(({ tag }) => tag.length);
    `,
  });
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', directory], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
});
