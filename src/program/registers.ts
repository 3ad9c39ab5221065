import { dirname, join } from 'node:path';
import { entries, isDirectory, readText } from './file.js';

/** What is looked at before giving up: a package, not a disk. */
const MOST_FILES = 500;
const DEEPEST = 4;

/**
 * Whether sources beside a program register configurations in code (ConfigStore): then its files do not tell all of
 * its configuration.
 */
export function registersConfigurations(script: string): boolean {
  let left = MOST_FILES;
  const seen = (directory: string, deeper: number): boolean => {
    const names = entries(directory).filter((name) => !name.startsWith('.') && name !== '__pycache__');
    const sources = names.filter((name) => name.endsWith('.py'));
    if (sources.some((name) => left-- > 0 && registers(join(directory, name)))) return true;
    if (deeper === 0 || left <= 0) return false;
    return names.some((name) => {
      const path = join(directory, name);
      return isDirectory(path) && isPackage(path) && seen(path, deeper - 1);
    });
  };
  return seen(dirname(script), DEEPEST);
}

const isPackage = (directory: string): boolean => entries(directory).some((name) => name.endsWith('.py'));

const registers = (file: string): boolean => /\bConfigStore\b|\bhydra_zen\b/.test(readText(file) ?? '');
