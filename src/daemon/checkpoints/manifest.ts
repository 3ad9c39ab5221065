import { parsePythonJson } from '../metrics/python-json.js';

/** MANIFEST.json of a `plain` checkpoint, the last file written into it. */
export interface Manifest {
  step: number;
  /** Relative path → size in bytes and sha256 in hex. */
  files: Readonly<Record<string, { size: number; sha256: string }>>;
  /** As measured at this step. */
  metrics: Readonly<Record<string, number>>;
}

export const MANIFEST = 'MANIFEST.json';

/** `step-00000120` → 120; null for every other name (a writer's temporary directory). */
export function stepOf(name: string): number | null {
  const digits = /^step-(\d{8,15})$/.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** Throws a sentence that says what is wrong. `step`: what the directory's name says. */
export function parseManifest(text: string, step: number): Manifest {
  const tree: unknown = parseJson(text);
  if (!isRecord(tree) || tree.v !== 1) throw new Error(`${MANIFEST} is no manifest of version 1`);
  if (tree.step !== step) throw new Error(`${MANIFEST} names step ${JSON.stringify(tree.step)}`);
  if (!isRecord(tree.files) || Object.keys(tree.files).length === 0)
    throw new Error(`${MANIFEST} lists no files`);
  const files = Object.fromEntries(
    Object.entries(tree.files).map(([path, file]) => [path, parseFile(path, file)]),
  );
  return { step, files, metrics: numbersOf(tree.metrics) };
}

function parseFile(path: string, file: unknown): { size: number; sha256: string } {
  if (!isInside(path)) throw new Error(`${MANIFEST} names ${JSON.stringify(path)}, outside the checkpoint`);
  const { size, sha256 } = isRecord(file) ? file : {};
  if (!isSize(size) || typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/i.test(sha256))
    throw new Error(`${MANIFEST} has no size and sha256 of ${JSON.stringify(path)}`);
  return { size, sha256 };
}

/** The finite numbers of an object; NaN is never the best. */
export const numbersOf = (tree: unknown): Record<string, number> =>
  !isRecord(tree)
    ? {}
    : Object.fromEntries(
        Object.entries(tree).filter((entry): entry is [string, number] => Number.isFinite(entry[1])),
      );

function parseJson(text: string): unknown {
  try {
    return parsePythonJson(text);
  } catch {
    throw new Error(`${MANIFEST} is torn`);
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSize = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** Relative, without `..`, `.`, empty parts or NUL. */
const isInside = (path: string): boolean =>
  !path.includes('\0') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
