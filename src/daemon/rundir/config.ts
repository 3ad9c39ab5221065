import { redactArgv, redactText } from '../../secrets.js';
import type { AttemptOrder } from './order.js';
import { utc } from './utc.js';

/**
 * config.yaml: what was executed and what was submitted, secrets redacted. Block style for people; every value is
 * a JSON scalar or array, so that YAML 1.1 and 1.2 readers agree. Pure.
 */
export function configYaml(order: AttemptOrder, executed: readonly string[]): string {
  const { submission } = order;
  return [
    `# Attempt ${order.attempt} of run ${order.runId}; written by expd before its start.`,
    ...list('command', redactArgv(executed)),
    'run:',
    ...mapping({
      id: order.runId,
      ulid: order.ulid,
      name: order.name,
      attempt: order.attempt,
      attempt_id: order.attemptId,
      experiment_id: order.experimentId,
      tags: order.tags,
      note: redactText(order.note),
      resumed_from: order.resume?.path ?? null,
      resumed_step: order.resume?.step ?? null,
    }),
    'submission:',
    ...list('argv', redactArgv(submission.argv)).map((line) => `  ${line}`),
    ...mapping({
      submitted_at: utc(order.submittedAt),
      cwd: submission.cwd,
      project: submission.project,
      time_limit_s: submission.timeLimitMs === null ? null : submission.timeLimitMs / 1000,
      grace_s: submission.graceMs / 1000,
      warn_signal: submission.warn?.signal ?? null,
      requeue_exits: submission.requeueExits,
      seed: submission.seed,
      resume_arg: submission.resumeArg === null ? null : redactArgv([submission.resumeArg])[0],
      template: submission.template,
      split: submission.split,
      layout: submission.layout,
      umask: submission.umask.toString(8).padStart(3, '0'),
      nice: submission.nice,
    }),
    '',
  ].join('\n');
}

const list = (key: string, items: readonly string[]): string[] => [
  `${key}:`,
  ...items.map((item) => `- ${scalar(item)}`),
];

const mapping = (fields: Record<string, unknown>): string[] =>
  Object.entries(fields).map(([key, value]) => `  ${key}: ${scalar(value)}`);

/** JSON in printable characters: YAML 1.1 readers refuse DEL, C1 and the like even in quotes. */
const scalar = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
