import { subjectOf } from './subject.js';

/** Rules and defaults of a run's name. */
export const LONGEST_NAME = 128;

const NAME = /^[A-Za-z0-9._-]{1,128}$/;

/** What is wrong with a name, for `--name`; null when nothing is. */
export function nameProblem(name: string): string | null {
  const shown = JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
  if (name.length > LONGEST_NAME) return `the name ${shown} has ${name.length} characters, at most 128 go`;
  if (!NAME.test(name)) return `the name ${shown} has characters other than A-Z a-z 0-9 . _ -`;
  if (/^\d+$/.test(name)) return `the name ${shown} is a number, which would be taken for an id`;
  if (/^s\d+(?:\.\d+(?:-\d+)?)?$/.test(name))
    return `the name ${shown} would be taken for a sweep, or for a job of one`;
  if (name.startsWith('-')) return `the name ${shown} begins with -, which would be taken for a flag`;
  return null;
}

/** The stem of the script that a command runs, as a valid name. */
export function nameOf(argv: readonly string[]): string {
  const subject = subjectOf(argv);
  const base = subject
    .slice(subject.lastIndexOf('/') + 1)
    .replace(/\.(?:py|mjs|cjs|js|mts|ts|sh|bash|r|R|jl)$/, '');
  const valid = base
    .replaceAll(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^[-]+/, '')
    .slice(0, LONGEST_NAME);
  return nameProblem(valid) === null ? valid : `run_${valid}`.slice(0, LONGEST_NAME);
}
