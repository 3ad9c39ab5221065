/** MANIFEST.json of a checkpoint, the last file written into it: the format `plain` of docs/run-contract.md. */
export interface Manifest {
  v: 1;
  step: number;
  /** Name → size in bytes and sha256 in hex. */
  files: Record<string, { size: number; sha256: string }>;
  /** What was measured at this step. */
  metrics?: Readonly<Record<string, number>>;
}

export const MANIFEST = 'MANIFEST.json';

/** `step-00000120`. */
export const nameOf = (step: number): string => `step-${String(step).padStart(8, '0')}`;

/** Null for every other name. */
export function stepOf(name: string): number | null {
  const digits = /^step-(\d{8,15})$/.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** Throws a sentence that says what is wrong. `step`: what the directory's name says. */
export function parseManifest(text: string, step: number): Manifest {
  const tree: unknown = parsed(text);
  if (!isRecord(tree) || tree.v !== 1) throw new Error(`${MANIFEST} is no manifest of version 1`);
  if (tree.step !== step) throw new Error(`${MANIFEST} names step ${JSON.stringify(tree.step)}`);
  if (!isRecord(tree.files)) throw new Error(`${MANIFEST} lists no files`);
  const files = Object.entries(tree.files).map(([name, file]): [string, Manifest['files'][string]] => {
    if (
      !isRecord(file) ||
      typeof file.size !== 'number' ||
      typeof file.sha256 !== 'string' ||
      name.includes('/')
    )
      throw new Error(`${MANIFEST} has no size and sha256 of ${JSON.stringify(name)}`);
    return [name, { size: file.size, sha256: file.sha256 }];
  });
  return { v: 1, step, files: Object.fromEntries(files), metrics: numbersIn(tree.metrics) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${MANIFEST} is torn`);
  }
}

const numbersIn = (tree: unknown): Record<string, number> =>
  Object.fromEntries(
    Object.entries(isRecord(tree) ? tree : {}).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number',
    ),
  );

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
