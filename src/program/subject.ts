import { startOf } from './launchers.js';

/**
 * The word that says what an argv runs, behind interpreters and launchers: a script, a module's last part, a program, a
 * built-in trainer.
 */
export function subjectOf(argv: readonly string[]): string {
  const subject = runBy(argv);
  if (!/(?:^|\/)expd-train(?:\.cjs)?$/.test(subject)) return subject;
  return argv[argv.indexOf(subject) + 1] ?? subject;
}

function runBy(argv: readonly string[]): string {
  const start = startOf(argv, { cwd: '/', env: {}, environment: null });
  switch (start.kind) {
    case 'script':
      return start.script;
    case 'module':
      // `package.train` → train, `package.__main__` → package
      return start.module.replace(/\.__main__$/, '').replace(/^.*\./, '');
    case 'inline':
      return start.python.word ?? argv[0]!;
    case 'foreign':
      return start.script ?? argv[start.at]!;
    case 'command':
      return argv[start.at] ?? argv[0] ?? '';
    default:
      return start satisfies never;
  }
}
