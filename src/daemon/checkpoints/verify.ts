import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { Verdict } from './asks.js';
import type { Candidate } from './candidate.js';
import { saidBy } from './complete.js';
import { checkPlain } from './plain.js';
import { statedStep } from './stated-step.js';
import { checkStructure } from './structure.js';
import { checkTfjs } from './tfjs.js';

/** Reads a checkpoint whole, as far as its stack allows. In the inspecting process. */
export function verify(of: Pick<Candidate, 'path' | 'kind' | 'preset' | 'step'>): Verdict {
  try {
    const root = realpathSync(of.path);
    const found = lstatSync(of.path);
    if (of.kind === 'file' ? !found.isFile() : !found.isDirectory())
      throw new Error(`it is no ${of.kind} any more`);
    return { why: null, step: of.kind === 'file' ? wholeFile(root, of.step) : wholeDirectory(root, of) };
  } catch (cause) {
    return { why: cause instanceof Error ? cause.message : String(cause), step: of.step };
  }
}

function wholeFile(root: string, step: number | null): number | null {
  const [directory, name] = [dirname(root), basename(root)];
  checkStructure(directory, name);
  return step ?? statedStep(directory, name);
}

function wholeDirectory(root: string, { preset, step }: Pick<Candidate, 'preset' | 'step'>): number | null {
  const files = filesBelow(root, root);
  const { missing, step: said } = saidBy(root, preset, step, new Set(files));
  if (missing !== null) throw new Error(missing);
  if (preset === 'plain') checkPlain(root, step ?? 0);
  else if (preset === 'keras') checkDoubled(root, files);
  else for (const file of files) checkStructure(root, file);
  if (preset === 'tfjs') checkTfjs(root);
  return said;
}

/** BackupAndRestore with `double_checkpoint` goes on with its `.bkp` where the newer file was not written whole. */
function checkDoubled(root: string, files: readonly string[]): void {
  for (const file of files.filter((name) => !name.endsWith('.bkp')))
    try {
      checkStructure(root, file);
    } catch (cause) {
      if (!files.includes(`${file}.bkp`)) throw cause;
      checkStructure(root, `${file}.bkp`);
    }
}

/** @throws for a link or a device: what is written later through it would be another checkpoint */
function filesBelow(root: string, directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return filesBelow(root, path);
    if (!entry.isFile()) throw new Error(`${relative(root, path)} is not a regular file of the checkpoint`);
    return [relative(root, path)];
  });
}
