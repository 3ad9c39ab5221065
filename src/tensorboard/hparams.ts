import { double, int, nested, optional } from './message.js';
import { hparamsValue } from './value.js';

/** What a hyperparameter can be. Lists are best given as text. */
export type HParam = string | number | boolean;

/** The columns of the HParams page. One for a whole log directory: TensorBoard takes the first that it finds. */
export interface Experiment {
  name?: string;
  description?: string;
  user?: string;
  /** Seconds since 1970. */
  createdAt?: number;
  hparams?: readonly HParamColumn[];
  metrics?: readonly MetricColumn[];
}

export interface HParamColumn {
  name: string;
  displayName?: string;
  description?: string;
  /** The values it may have, all of one type, or an interval of numbers. */
  domain: readonly HParam[] | { min: number; max: number };
}

export interface MetricColumn {
  tag: string;
  /** Sub-directory of the run's, where the tag is logged there. */
  group?: string;
  displayName?: string;
  description?: string;
  dataset?: 'training' | 'validation';
}

export interface SessionStart {
  /** Sessions of one group are shown as one, with the mean of their metrics: the seeds of one setting. */
  group?: string;
  /** Seconds since 1970. */
  startedAt?: number;
  modelUri?: string;
  monitorUrl?: string;
}

/** Of how a session ended TensorBoard believes the first that it reads in a run: write it once, at the very end. */
export type SessionEnd = 'success' | 'failure' | 'unknown';

// tensorboard/plugins/hparams/{plugin_data,api}.proto.
const STATUS = { unknown: 0, success: 1, failure: 2 } as const;
const TYPE = { string: 1, boolean: 2, number: 3 } as const;
const DATASET = { training: 1, validation: 2 } as const;

export const sessionStart = (
  hparams: Readonly<Record<string, HParam>>,
  { group, startedAt, modelUri, monitorUrl }: SessionStart,
): Uint8Array =>
  pluginValue(
    'session_start_info',
    nested(
      3,
      ...Object.entries(hparams).map(([name, value]) =>
        nested(1, nested(1, name), nested(2, ...anyValue(value))),
      ),
      ...optional(modelUri, (uri) => nested(2, uri)),
      ...optional(monitorUrl, (url) => nested(3, url)),
      ...optional(group, (name) => nested(4, name)),
      ...optional(startedAt, (seconds) => double(5, seconds)),
    ),
  );

export const sessionEnd = (end: SessionEnd, endedAt: number): Uint8Array =>
  pluginValue('session_end_info', nested(4, int(1, STATUS[end]), double(2, endedAt)));

export const experiment = ({
  name,
  description,
  user,
  createdAt,
  hparams = [],
  metrics = [],
}: Experiment): Uint8Array =>
  pluginValue(
    'experiment',
    nested(
      2,
      ...optional(description, (text) => nested(1, text)),
      ...optional(user, (text) => nested(2, text)),
      ...optional(createdAt, (seconds) => double(3, seconds)),
      ...hparams.map((column) => nested(4, ...hparamColumn(column))),
      ...metrics.map((column) => nested(5, ...metricColumn(column))),
      ...optional(name, (text) => nested(6, text)),
    ),
  );

const pluginValue = (name: string, message: Uint8Array): Uint8Array =>
  hparamsValue(`_hparams_/${name}`, message);

const hparamColumn = ({ name, displayName, description, domain }: HParamColumn): Uint8Array[] => [
  nested(1, name),
  ...optional(displayName, (text) => nested(2, text)),
  ...optional(description, (text) => nested(3, text)),
  ...(isInterval(domain)
    ? [int(4, TYPE.number), nested(6, double(1, domain.min), double(2, domain.max))]
    : [int(4, typeOf(domain)), nested(5, ...domain.map((value) => nested(1, ...anyValue(value))))]),
];

const isInterval = (domain: HParamColumn['domain']): domain is { min: number; max: number } =>
  'min' in domain;

const typeOf = ([first]: readonly HParam[]): number =>
  first === undefined ? 0 : TYPE[typeof first as keyof typeof TYPE];

const metricColumn = ({ tag, group, displayName, description, dataset }: MetricColumn): Uint8Array[] => [
  nested(1, ...optional(group, (name) => nested(1, name)), nested(2, tag)),
  ...optional(displayName, (text) => nested(3, text)),
  ...optional(description, (text) => nested(4, text)),
  ...optional(dataset, (name) => int(5, DATASET[name])),
];

/** google.protobuf.Value. */
function anyValue(value: HParam): Uint8Array[] {
  switch (typeof value) {
    case 'number':
      return [double(2, value)];
    case 'string':
      return [nested(3, value)];
    case 'boolean':
      return [int(4, Number(value))];
  }
}
