import { type ActResponse, type EditRequest, RunsService, type Sweep } from '../../gen/expd/v1/runs.js';
import { list, one, text, whole } from '../arguments.js';
import { ClientError } from '../errors.js';
import type { Answer } from '../render/output.js';
import { inJobs, progress, sweepName } from '../render/sweep.js';
import { requestId } from '../request-id.js';
import { dependencies } from '../submit/dependencies.js';
import { directory } from '../submit/directory.js';
import { MANY, verb } from '../verb.js';
import { begin, duration } from '../when.js';
import { acted } from './act.js';
import { ENVIRONMENT_FLAGS, environmentChange } from './again.js';

const nothing = (runs: string[]): EditRequest => ({
  requestId: requestId(),
  runs,
  setAfter: false,
  after: [],
  addTags: [],
  removeTags: [],
  argv: [],
});

export const edit = verb({
  name: 'edit',
  operands: 'RUN…',
  takes: [1, MANY],
  command: 'may',
  summary: 'change runs that have not ended; command, directory and time limit only before the first attempt',
  flags: {
    priority: whole('N', 'from -100 to 100, higher first', -100, 100),
    group: text('GROUP', 'another group'),
    name: text('NAME', 'another name'),
    tag: list('TAG', 'label it, too; expctl tag --remove takes labels away'),
    note: text('TEXT', 'another note'),
    retries: whole('N', 'how many failures are tried again', 0, 1000),
    begin: one('TIME', 'not before 14:00, now+2h or 2026-01-02T14:00; now for at once', begin),
    after: list('RUN', 'wait for other runs instead: 7, afterok:7, afterany:7; none to wait for none'),
    time: one('DURATION', 'another time limit for each attempt', duration),
    cwd: text('DIR', 'another working directory', 'C'),
    'max-parallel': whole('N', 'of a sweep: so many jobs at a time, 0 for no limit', 0, 100_000),
    'hold-after-failures': whole(
      'N',
      'of a sweep: hold the rest once so many jobs have failed, 0 for never',
      0,
      100_000,
    ),
    ...ENVIRONMENT_FLAGS,
  },
  examples: [
    ['expctl edit 7 --priority 10', 'run 7 starts before the others'],
    ['expctl edit 7 -- python train.py --lr 0.01', 'another command, before the first attempt'],
    ['expctl edit s4 --max-parallel 2', 'sweep s4 has two jobs at a time from now on'],
  ],
  async run(context, { flags, operands, command, words }) {
    if (words.size === 0 && command.length === 0)
      throw new ClientError('usage', 'nothing is to be changed', 'expctl help edit lists what can be');
    const environment = environmentChange(flags, context);
    const changed = environment.replace || flags.env.length + flags['env-drop'].length > 0;
    const rules = flags['max-parallel'] !== undefined || flags['hold-after-failures'] !== undefined;
    return edited(
      await context.daemon.call(RunsService.edit, {
        ...nothing(operands),
        priority: flags.priority,
        group: flags.group,
        name: flags.name,
        addTags: flags.tag,
        note: flags.note,
        retries: flags.retries,
        beginAtMs: flags.begin,
        setAfter: flags.after.length > 0,
        after: flags.after.includes('none') ? [] : dependencies(flags.after),
        timeLimitMs: flags.time,
        cwd: flags.cwd === undefined ? undefined : directory(flags.cwd, context.cwd()),
        argv: command,
        environment: changed ? environment : undefined,
        maxParallel: flags['max-parallel'],
        holdAfterFailures: flags['hold-after-failures'],
      }),
      rules,
    );
  },
});

/** `rules`: those of sweeps were changed. */
function edited(response: ActResponse, rules: boolean): Answer {
  const answer = acted(response, 'edited');
  if (!rules) return answer;
  return {
    ...answer,
    text: (style) => [...answer.text(style), ...response.sweeps.map((sweep) => sweepRules(sweep))],
  };
}

function sweepRules(sweep: Sweep): string {
  const { maxParallel, holdAfterFailures } = sweep;
  const parallel = maxParallel === 0 ? 'any number of jobs' : inJobs(maxParallel);
  const failures = holdAfterFailures === 1 ? '1 failure' : `${holdAfterFailures} failures`;
  const hold = holdAfterFailures === 0 ? '' : `, held after ${failures}`;
  return `sweep ${sweepName(sweep)}: ${parallel} at a time${hold}; ${progress(sweep)}`;
}

export const tag = verb({
  name: 'tag',
  operands: 'RUN [TAG…]',
  takes: [1, MANY],
  summary: 'add tags to runs, or remove them',
  flags: { remove: list('TAG', 'a tag to remove; may be repeated') },
  examples: [
    ['expctl tag 7 baseline', 'add a tag'],
    ['expctl tag 3,5-9 --remove baseline', 'remove it from several runs'],
  ],
  async run({ daemon }, { flags, operands: [runs = '', ...tags] }) {
    if (tags.length + flags.remove.length === 0)
      throw new ClientError('usage', 'no tag is named', 'for example: expctl tag 7 baseline');
    return acted(
      await daemon.call(RunsService.edit, { ...nothing([runs]), addTags: tags, removeTags: flags.remove }),
      'edited',
    );
  },
});

export const note = verb({
  name: 'note',
  operands: 'RUN TEXT…',
  takes: [2, MANY],
  summary: 'write a note on runs; an empty one takes it away',
  flags: {},
  examples: [["expctl note 7 'loss spikes at step 900'", 'the note is in show and in JSON']],
  run: async ({ daemon }, { operands: [runs = '', ...words] }) =>
    acted(await daemon.call(RunsService.edit, { ...nothing([runs]), note: words.join(' ') }), 'edited'),
});
