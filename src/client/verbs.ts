import { cancel, hold, pause, release } from './commands/act.js';
import { resume, retry } from './commands/again.js';
import { archive } from './commands/archive.js';
import { checkpoints, checkpointsPin, checkpointsUnpin } from './commands/checkpoints.js';
import { completion } from './commands/completion.js';
import { compose } from './commands/compose.js';
import { config } from './commands/config.js';
import { configDiff } from './commands/config-diff.js';
import {
  backup,
  daemonInstall,
  daemonUninstall,
  drain,
  start,
  status,
  stop,
  undrain,
} from './commands/daemon.js';
import { doctor } from './commands/doctor.js';
import { edit, note, tag } from './commands/edit.js';
import { explain } from './commands/explain.js';
import { groups, groupsRemove, groupsSet } from './commands/groups.js';
import { help } from './commands/help.js';
import { logs } from './commands/logs.js';
import { ls } from './commands/ls.js';
import { metrics } from './commands/metrics.js';
import { plot } from './commands/plot.js';
import { rerun } from './commands/rerun.js';
import { rm } from './commands/rm.js';
import { run } from './commands/run.js';
import { show } from './commands/show.js';
import { submit } from './commands/submit.js';
import { tensorboard } from './commands/tensorboard.js';
import { tfjsLink } from './commands/tfjs.js';
import { top } from './commands/top.js';
import { version } from './commands/version.js';
import { wait } from './commands/wait.js';
import type { Verb } from './verb.js';

/** Every verb, in the order of help. */
export const VERBS: readonly Verb[] = [
  submit,
  run,
  ls,
  show,
  logs,
  metrics,
  plot,
  top,
  tensorboard,
  wait,
  cancel,
  hold,
  release,
  pause,
  retry,
  resume,
  rerun,
  checkpoints,
  checkpointsPin,
  checkpointsUnpin,
  edit,
  tag,
  note,
  explain,
  rm,
  archive,
  groups,
  groupsSet,
  groupsRemove,
  config,
  compose,
  configDiff,
  start,
  stop,
  status,
  daemonInstall,
  daemonUninstall,
  drain,
  undrain,
  backup,
  doctor,
  tfjsLink,
  completion,
  version,
  help,
];

/** The verb that the words begin with, and how many words name it; aliases count. */
export function findVerb(words: readonly string[]): { verb: Verb; length: number } | null {
  const [first = '', second = ''] = words;
  const two = `${first} ${second}`;
  const long = VERBS.find(({ name }) => name === two);
  if (long !== undefined) return { verb: long, length: 2 };
  const short = VERBS.find(({ name, aliases = [] }) => name === first || aliases.includes(first));
  return short === undefined ? null : { verb: short, length: 1 };
}
