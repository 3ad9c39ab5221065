import { sweptTexts } from '../../hydra/hydra.js';
import { ClientError } from '../errors.js';
import { composing } from './open.js';
import type { Job, Plan, PlanOptions } from './plan.js';

// Sweeps over the words of a program that knows nothing of Hydra: `lr=0.1,0.01` and `--lr=0.1,0.01`.

interface Axis {
  key: string;
  /** Index of the word. */
  at: number;
  words: string[];
}

/** One run for each combination of what its words sweep over, the last word fastest. @throws ClientError */
export function sweepWords(argv: readonly string[], { limit }: Pick<PlanOptions, 'limit'>): Plan {
  const axes = argv.flatMap((word, at): Axis[] => {
    const match = /^((?:--?)?[A-Za-z_][\w./-]*)=(.*)$/s.exec(word);
    const texts = match === null ? null : composing(() => sweptTexts(match[2] ?? '', limit));
    if (match === null || texts === null) return [];
    return [
      { key: (match[1] ?? '').replace(/^-+/, ''), at, words: texts.map((text) => `${match[1]}=${text}`) },
    ];
  });
  if (axes.length === 0)
    throw new ClientError('usage', 'nothing in the command sweeps', 'write lr=0.1,0.01 or --lr=0.1,0.01');
  const count = axes.reduce((product, { words }) => product * words.length, 1);
  if (count > limit) throw tooMany(count, limit);
  const jobs = Array.from({ length: count }, (_, number) => combination(argv, axes, number));
  const names = axes.map(({ key }) => key).join(' × ');
  return { jobs, sweep: { axes: names, multirunYaml: '', dir: '', words: new Map() }, blobs: [], notes: [] };
}

function combination(argv: readonly string[], axes: readonly Axis[], number: number): Job {
  const words = [...argv];
  const overrides: string[] = [];
  let rest = number;
  for (const { at, words: choices } of [...axes].reverse()) {
    const word = choices[rest % choices.length] ?? '';
    rest = Math.floor(rest / choices.length);
    words[at] = word;
    overrides.unshift(word.replace(/^-+/, ''));
  }
  return job(words, overrides);
}

const job = (argv: string[], overrides: string[]): Job => ({
  argv,
  overrides,
  words: new Map(),
  configuration: null,
});

const tooMany = (count: number, limit: number): ClientError =>
  new ClientError(
    'usage',
    `the sweep has ${count.toLocaleString('en')} jobs, more than ${limit.toLocaleString('en')}`,
    `EXPD_SWEEP_LIMIT=${count} raises the limit`,
  );
