import { ClientError } from './errors.js';

/** Verbs and flags of capabilities that this version does not have: refused by name, never accepted and ignored. */
const CAPABILITIES = {
  gpus: 'GPU management',
  limits: 'limits on processors and memory',
  comparison: 'comparison of runs',
  experiments: 'experiments',
  remote: 'remote hosts',
  snapshot: 'snapshots of the code',
} as const;

type Capability = keyof typeof CAPABILITIES;

const FLAGS: Readonly<Record<string, Capability>> = {
  gpus: 'gpus',
  'gpu-type': 'gpus',
  'gpu-ids': 'gpus',
  vram: 'gpus',
  exclusive: 'gpus',
  cpus: 'limits',
  mem: 'limits',
  snapshot: 'snapshot',
  host: 'remote',
};

const VERBS: Readonly<Record<string, Capability>> = {
  artifacts: 'comparison',
  compare: 'comparison',
  find: 'comparison',
  preempt: 'gpus',
  gpus: 'gpus',
  experiment: 'experiments',
  context: 'remote',
  pki: 'remote',
  audit: 'remote',
};

/** `flag` as typed, with its dashes. */
export function laterFlag(flag: string): ClientError | null {
  const capability = lookUp(FLAGS, flag.replace(/^-+/, ''));
  return capability === null ? null : refusal(flag, capability);
}

/** `words`: what stands where a verb should. */
export function laterVerb(words: readonly string[]): ClientError | null {
  const names = [words.slice(0, 2).join(' '), words[0] ?? ''];
  const name = names.find((candidate) => lookUp(VERBS, candidate) !== null);
  return name === undefined ? null : refusal(name, VERBS[name]!);
}

const lookUp = (table: Readonly<Record<string, Capability>>, name: string): Capability | null =>
  Object.hasOwn(table, name) ? table[name]! : null;

const refusal = (what: string, capability: Capability): ClientError =>
  new ClientError(
    'not_available',
    `${what} comes with ${CAPABILITIES[capability]}, which this version does not have`,
    'leave it out; expctl help lists what there is',
  );
