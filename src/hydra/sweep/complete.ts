import { overrideDirname } from '../compose/runtime.js';
import { parseOverrides } from '../override/override.js';
import { Dict, isList, type Value } from '../value.js';

/** What the hydra node says of one job alone. */
export interface JobOfNode {
  /** Overrides of the task and of Hydra itself, as they were written. */
  task: readonly string[];
  hydra: readonly string[];
  /** From 0; null: no job of a sweep. */
  number: number | null;
  /** Absolute. */
  outputDir: string;
}

/**
 * The hydra node of a job, made from that of another that was composed with the same choices: what names the job is
 * filled in as Hydra fills it in at the job's start.
 */
export function completeNode(node: Dict<Value>, { task, hydra, number, outputDir }: JobOfNode): Dict<Value> {
  const job = dict(node.get('job'));
  const naming = dict(dict(job.get('config')).get('override_dirname'));
  const excluded = naming.get('exclude_keys') ?? null;
  const dirname = overrideDirname(parseOverrides(task), {
    kvSep: String(naming.get('kv_sep') ?? '='),
    itemSep: String(naming.get('item_sep') ?? ','),
    excludeKeys: isList(excluded) ? excluded.map(String) : [],
  });
  const numbered: [string, Value][] =
    number === null
      ? []
      : [
          ['id', String(number)],
          ['num', BigInt(number)],
        ];
  return changed(node, [
    [
      'overrides',
      changed(dict(node.get('overrides')), [
        ['hydra', hydra],
        ['task', task],
      ]),
    ],
    ['job', changed(job, [['override_dirname', dirname], ...numbered])],
    ['runtime', changed(dict(node.get('runtime')), [['output_dir', outputDir]])],
  ]);
}

const dict = (value: Value | undefined): Dict<Value> => (value instanceof Dict ? value : new Dict<Value>());

/** Keys keep their places. */
function changed(before: Dict<Value>, entries: readonly (readonly [string, Value])[]): Dict<Value> {
  const after = Dict.from(before);
  for (const [key, value] of entries) after.set(key, value);
  return after;
}
