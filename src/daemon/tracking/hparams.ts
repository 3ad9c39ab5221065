import type { HParam } from '../../tensorboard/tensorboard.js';

/** What the HParams page shows of a run, and the group in which it stands with those of other seeds. */
export interface Hparams {
  values: Readonly<Record<string, HParam>>;
  group: string;
}

/** Overrides as they were written: `lr=0.1`, `+trainer=big`. null: there is nothing to be shown. */
export function hparamsOf(overrides: readonly string[], sweep: number | null): Hparams | null {
  const pairs = overrides.flatMap((override): [string, string][] => {
    const [, key, value] = /^\+{0,2}([^=~]+)=(.*)$/s.exec(override) ?? [];
    return key === undefined || value === undefined ? [] : [[key, value]];
  });
  if (pairs.length === 0) return null;
  const values = Object.fromEntries(pairs.map(([key, value]) => [key, typed(value)]));
  const group = pairs.filter(([key]) => !/(^|[._])seed$/.test(key)).map(([key, value]) => `${key}=${value}`);
  const name = sweep === null ? [] : [`s${sweep}`];
  return {
    values: { ...values, ...(sweep !== null && { sweep: `s${sweep}` }) },
    group: [...name, ...group].join(' '),
  };
}

function typed(text: string): HParam {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
}
