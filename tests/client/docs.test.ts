import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { checkpointJson } from '../../src/client/render/checkpoints.js';
import { configurationJson } from '../../src/client/render/configuration.js';
import { flagWords, usage } from '../../src/client/render/help.js';
import { metricJson, progressJson } from '../../src/client/render/progress.js';
import { attemptJson, runJson } from '../../src/client/render/run.js';
import { codeJson, submissionJson } from '../../src/client/render/show.js';
import { sweepJson } from '../../src/client/render/sweep.js';
import { VERBS } from '../../src/client/verbs.js';
import { SETTINGS, variableOf } from '../../src/daemon/options.js';
import { indexLine } from '../../src/daemon/rundir/runs-index.js';
import { runningStatus } from '../../src/daemon/rundir/status.js';
import { Checkpoint } from '../../src/gen/expd/v1/checkpoints.js';
import {
  Attempt,
  CodeState,
  Configuration,
  MetricStanding,
  Progress,
  Run,
  Submission,
  Sweep,
} from '../../src/gen/expd/v1/runs.js';

const docs = resolve(import.meta.dirname, '../../docs');
const cell = (text: string): string => text.replaceAll('|', '\\|');

/** Every verb and flag, from the table that drives the parser. */
function tables(): string {
  const verbs = VERBS.map(
    (verb) =>
      `| \`${cell(usage(verb))}\`${verb.aliases?.length ? ` (${verb.aliases.map((alias) => `\`${alias}\``).join(', ')})` : ''} | ${cell(verb.summary)} |`,
  );
  const flags = VERBS.filter(({ flags }) => Object.keys(flags).length > 0).map((verb) =>
    [
      `\n#### ${verb.name}\n`,
      '| flag | what it does |',
      '|---|---|',
      ...Object.entries(verb.flags).map(
        ([name, flag]) => `| \`${cell(flagWords(name, flag))}\` | ${cell(flag.about)} |`,
      ),
    ].join('\n'),
  );
  return ['| verb | what it does |', '|---|---|', ...verbs, '\n### Flags', ...flags].join('\n');
}

test('docs/cli.md has the verbs and flags that there are (UPDATE_DOCS=1 writes it anew)', () => {
  const file = resolve(docs, 'cli.md');
  const text = readFileSync(file, 'utf8');
  const [begin, end] = ['<!-- verbs and flags: written by tests/client/docs.test.ts -->', '<!-- end -->'];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  expect(from).toBeGreaterThan(0);
  const wanted = `${text.slice(0, from)}${begin}\n\n${tables()}\n\n${text.slice(to)}`;
  if (process.env.UPDATE_DOCS) writeFileSync(file, wanted);
  else expect(text).toBe(wanted);
});

test('docs/settings.md has the settings that there are (UPDATE_DOCS=1 writes it anew)', () => {
  const file = resolve(docs, 'settings.md');
  const text = readFileSync(file, 'utf8');
  const [begin, end] = ['<!-- settings: written by tests/client/docs.test.ts -->', '<!-- end -->'];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  expect(from).toBeGreaterThan(0);
  const rows = SETTINGS.map(
    ({ key, default: standard, description }) =>
      `| \`${key}\` | \`--${key.replaceAll('_', '-')}\`, \`${variableOf(key)}\` | \`${JSON.stringify(standard).replaceAll('"', '')}\` | ${cell(description)} |`,
  );
  const table = ['| setting | flag, variable | default | what it is |', '|---|---|---|---|', ...rows].join(
    '\n',
  );
  const wanted = `${text.slice(0, from)}${begin}\n\n${table}\n\n${text.slice(to)}`;
  if (process.env.UPDATE_DOCS) writeFileSync(file, wanted);
  else expect(text).toBe(wanted);
});

test('docs/run-directory.md names every field of the records', () => {
  const text = readFileSync(resolve(docs, 'run-directory.md'), 'utf8');
  const section = (title: string): string => text.split(`## ${title}\n`)[1]!.split('\n## ')[0]!;
  const attempted = { runId: 1, ulid: 'u', attempt: 1, startedAt: 0 };
  for (const name of Object.keys(JSON.parse(runningStatus(attempted))))
    expect(section('status.json')).toContain(`\`${name}\``);
  const entry = { ...attempted, name: 'n', experimentId: 'e', runDir: '/p', status: 'running' };
  const line = indexLine('/', { ...entry, exitReason: null, exitCode: null, endedAt: null });
  for (const name of Object.keys(JSON.parse(line)))
    expect(section('outputs/runs_index.jsonl')).toMatch(new RegExp(`\\b${name}\\b`));
});

test('docs/json.md names every field of what it shows', () => {
  const text = readFileSync(resolve(docs, 'json.md'), 'utf8');
  const section = (title: string): string => text.split(`## ${title}\n`)[1]!.split('\n## ')[0]!;
  const named = (title: string): string[] =>
    [...section(title).matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, names]) =>
      names!.replaceAll('`', '').split(', '),
    );
  expect(named('Run').toSorted()).toEqual(Object.keys(runJson(Run.decode(new Uint8Array()))).toSorted());
  expect(named('Progress').toSorted()).toEqual(
    Object.keys(progressJson(Progress.decode(new Uint8Array())) ?? {}).toSorted(),
  );
  expect(named('Metric').toSorted()).toEqual(
    Object.keys(metricJson(MetricStanding.decode(new Uint8Array()))).toSorted(),
  );
  expect(named('Attempt').toSorted()).toEqual(
    Object.keys(attemptJson(Attempt.decode(new Uint8Array()))).toSorted(),
  );
  expect(named('Submission').toSorted()).toEqual(
    Object.keys(submissionJson(Submission.decode(new Uint8Array()))).toSorted(),
  );
  expect(named('Checkpoint').toSorted()).toEqual(
    Object.keys(checkpointJson(Checkpoint.decode(new Uint8Array()))).toSorted(),
  );
  expect(named('Code').toSorted()).toEqual(
    Object.keys(codeJson(CodeState.decode(new Uint8Array()))).toSorted(),
  );
  expect(named('Sweep').toSorted()).toEqual(
    Object.keys(sweepJson(Sweep.decode(new Uint8Array()))).toSorted(),
  );
  expect(named('Configuration').toSorted()).toEqual(
    Object.keys(configurationJson(Configuration.decode(new Uint8Array())) ?? {}).toSorted(),
  );
});
