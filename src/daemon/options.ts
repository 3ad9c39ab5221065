import { readFileSync } from 'node:fs';
import { parseRetention, type Retention } from './checkpoints/retention.js';
import { UserError } from './errors.js';
import { bytes, durationMs } from './quantity.js';

/** A target of `notify:`: a command that gets the JSON on standard input, or a URL that gets it by POST. */
export type NotifyTarget = ({ command: string[]; url?: never } | { url: string; command?: never }) & {
  /** Of NOTIFY_EVENTS; absent = all. */
  on?: string[];
};

const NOTIFY_EVENTS = ['failed', 'finished', 'interrupted', 'resumed', 'sweep_done'];

/** The daemon's settings. */
export interface Settings {
  slots: number;
  layout: string;
  graceMs: number;
  lowWaterBytes: number;
  sweepLimit: number;
  configDrift: ConfigDrift;
  retention: Retention | null;
  wandb: 'on' | 'off';
  logLevel: string;
  notify: NotifyTarget[];
  state: string | null;
}

/** What becomes of a run whose configuration files say something else at its start than when it was submitted. */
export type ConfigDrift = 'warn' | 'hold';

export type Origin = 'flag' | 'environment' | 'file' | 'default';

interface Key {
  key: string;
  field: keyof Settings;
  description: string;
  default: unknown;
  /** The parsed value; throws a sentence that says what is expected. */
  parse(value: unknown): Settings[keyof Settings];
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'];

/** Every setting, in one place: docs, `config show`, file, environment (`EXPD_<KEY>`) and flags (`--<key>`) follow it. */
export const SETTINGS: readonly Key[] = [
  {
    key: 'slots',
    field: 'slots',
    description: 'how many runs execute at a time',
    default: 1,
    parse: whole(1, 4096),
  },
  {
    key: 'layout',
    field: 'layout',
    description: 'where run directories go: hybrid, flat, or a layout of yours',
    default: 'hybrid',
    parse: layoutName,
  },
  {
    key: 'grace',
    field: 'graceMs',
    description: 'time between SIGTERM and SIGKILL when a run is stopped',
    default: '60s',
    parse: parsed(durationMs, 'a duration such as 60s or 5m'),
  },
  {
    key: 'low_water',
    field: 'lowWaterBytes',
    description: 'nothing new starts while less than this is free on the disk of the project or of the state',
    default: '1GiB',
    parse: parsed(bytes, 'a size such as 1GiB or 500MiB'),
  },
  {
    key: 'sweep_limit',
    field: 'sweepLimit',
    description: 'how many jobs one sweep may have',
    default: 10_000,
    parse: whole(1, 1_000_000),
  },
  {
    key: 'config_drift',
    field: 'configDrift',
    description:
      'a Hydra application whose configuration files have changed since it was submitted: warn, or hold it once',
    default: 'warn',
    parse: oneOf(['warn', 'hold']),
  },
  {
    key: 'retention',
    field: 'retention',
    description:
      'which checkpoints of a run are kept: off (all), or "last 2, best 1, every 1000"; "foreign" with it: also those that are no step-<8 digits>',
    default: 'off',
    // YAML 1.1 calls off a boolean.
    parse: (value) => parseRetention(value === false ? 'off' : String(value)),
  },
  {
    key: 'trackers.wandb',
    field: 'wandb',
    description: 'whether runs see the variables by which W&B goes on with the same run: on, off',
    default: 'on',
    parse: (value) => oneOf(['on', 'off'])(typeof value === 'boolean' ? (value ? 'on' : 'off') : value),
  },
  {
    key: 'log_level',
    field: 'logLevel',
    description: `how much the daemon logs: ${LOG_LEVELS.join(', ')}`,
    default: 'info',
    parse: oneOf(LOG_LEVELS),
  },
  {
    key: 'notify',
    field: 'notify',
    description:
      'commands or webhooks that are told of failed, finished, interrupted and resumed runs, and of finished sweeps',
    default: [],
    parse: targets,
  },
  {
    key: 'state',
    field: 'state',
    description:
      'directory of the state, for homes on a network file system; {user} and {machine_id} are replaced',
    default: null,
    parse: (value) => (value === null ? null : absolute(value)),
  },
];

export interface Loaded {
  settings: Settings;
  /** Each key as it was written, and where. */
  given: Record<string, { value: unknown; origin: Origin }>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Flag > environment > file > default. Throws UserError that names the key, the place and what is expected. */
export function loadSettings(
  file: string,
  flags: Readonly<Record<string, string>>,
  env: Environment,
): Promise<Loaded> {
  return readSettingsFile(file).then((inFile) => resolve(file, inFile, flags, env));
}

function resolve(
  file: string,
  inFile: Record<string, unknown>,
  flags: Readonly<Record<string, string>>,
  env: Environment,
): Loaded {
  const known = new Set(SETTINGS.map(({ key }) => key));
  for (const key of Object.keys(inFile))
    if (!known.has(key))
      throw new UserError(
        'usage',
        `${file}: unknown setting ${key}`,
        `the settings are ${[...known].join(', ')}`,
      );
  const given: Loaded['given'] = {};
  const entries = SETTINGS.map(({ key, field, default: standard, parse }) => {
    const variable = env[variableOf(key)];
    const [value, origin, where] =
      flags[key] !== undefined
        ? [flags[key], 'flag' as const, `--${key.replaceAll('_', '-')}`]
        : variable !== undefined && variable !== ''
          ? [variable, 'environment' as const, variableOf(key)]
          : inFile[key] !== undefined
            ? [inFile[key], 'file' as const, `${file}: ${key}`]
            : [standard, 'default' as const, key];
    given[key] = { value, origin };
    try {
      return [field, parse(value)] as const;
    } catch (cause) {
      throw new UserError(
        'usage',
        `${where}: ${cause instanceof Error ? cause.message : cause}`,
        'expd --help lists the settings',
      );
    }
  });
  // SETTINGS names every field once; tests/unit/options.test.ts holds it to that.
  return { settings: Object.fromEntries(entries) as unknown as Settings, given };
}

/** The file as a flat map; empty where there is none. */
async function readSettingsFile(file: string): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return {};
    throw new UserError(
      'usage',
      `${file} cannot be read: ${cause instanceof Error ? cause.message : cause}`,
      'mend its rights',
      { cause },
    );
  }
  const { parse } = await import('yaml');
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 50, uniqueKeys: true });
  } catch (cause) {
    const line = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause);
    throw new UserError('usage', `${file}: ${line.replace(/:$/, '')}`, 'mend the file', { cause });
  }
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw new UserError('usage', `${file}: not a table of settings`, 'write one `key: value` a line');
  return value as Record<string, unknown>;
}

/** `trackers.wandb` → `EXPD_TRACKERS_WANDB` */
export const variableOf = (key: string): string => `EXPD_${key.toUpperCase().replaceAll('.', '_')}`;

function whole(min: number, max: number): (value: unknown) => number {
  return (value) => {
    const count = Number(value);
    if (!Number.isInteger(count) || count < min || count > max || value === '')
      throw new Error(`${JSON.stringify(value)} is not a whole number from ${min} to ${max}`);
    return count;
  };
}

function oneOf(values: readonly string[]): (value: unknown) => string {
  return (value) => {
    if (typeof value !== 'string' || !values.includes(value))
      throw new Error(`${JSON.stringify(value)} is none of ${values.join(', ')}`);
    return value;
  };
}

/** Whether it exists is known where layouts are read. */
function layoutName(value: unknown): string {
  if (typeof value !== 'string' || !/^[\w.-]+$/.test(value))
    throw new Error(`${JSON.stringify(value)} is not the name of a layout`);
  return value;
}

function parsed(read: (text: string) => number | null, expected: string): (value: unknown) => number {
  return (value) => {
    const result = read(String(value));
    if (result === null) throw new Error(`${JSON.stringify(value)} is not ${expected}`);
    return result;
  };
}

function absolute(value: unknown): string {
  if (typeof value !== 'string' || !value.startsWith('/'))
    throw new Error(`${JSON.stringify(value)} is not an absolute path`);
  return value;
}

function targets(value: unknown): NotifyTarget[] {
  const list = typeof value === 'string' ? [{ command: ['/bin/sh', '-c', value] }] : value;
  if (!Array.isArray(list)) throw new Error('not a list of targets, each with `command` or `url`');
  return list.map((entry: unknown): NotifyTarget => {
    const target: { command?: unknown; url?: unknown; on?: unknown } =
      typeof entry === 'object' && entry !== null ? entry : {};
    const unknown = Object.keys(target).find((key) => !['command', 'url', 'on'].includes(key));
    if (unknown !== undefined)
      throw new Error(`a target has no \`${unknown}\`, only \`command\`, \`url\` and \`on\``);
    const command = typeof target.command === 'string' ? ['/bin/sh', '-c', target.command] : target.command;
    const on = target.on === undefined ? {} : { on: events(target.on) };
    if (command !== undefined) {
      const argv = strings(command, '`command` is not a list of words');
      if (!argv[0] || argv.some((word) => word.includes('\0'))) throw new Error('`command` names no program');
      return { command: argv, ...on };
    }
    if (typeof target.url === 'string' && /^https?:\/\//.test(target.url) && URL.canParse(target.url))
      return { url: target.url, ...on };
    throw new Error('a target has neither `command` nor an http(s) `url`');
  });
}

function events(value: unknown): string[] {
  const complaint = `\`on\` is not a list of ${NOTIFY_EVENTS.join(', ')}`;
  const on = strings(value, complaint);
  if (!on.every((event) => NOTIFY_EVENTS.includes(event))) throw new Error(complaint);
  return on;
}

function strings(value: unknown, complaint: string): string[] {
  if (!Array.isArray(value) || !value.every((item): item is string => typeof item === 'string'))
    throw new Error(complaint);
  return value;
}
