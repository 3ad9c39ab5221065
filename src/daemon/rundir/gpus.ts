import { ask } from './ask.js';
import type { GpuFacts } from './metadata.js';

const ASK_MS = 10_000;
/** A driver is not exchanged under a running machine; devices may fall off the bus. */
const KEPT_MS = 10 * 60_000;

let kept: { at: number; facts: Promise<GpuFacts | null> } | null = null;

/** What nvidia-smi says, asked at most every ten minutes. null: no driver, no devices, or no answer in time. */
export function gpuFacts(
  now: number,
  path: string = process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
): Promise<GpuFacts | null> {
  if (kept === null || now - kept.at > KEPT_MS || now < kept.at) kept = { at: now, facts: askGpus(path) };
  return kept.facts;
}

async function askGpus(path: string): Promise<GpuFacts | null> {
  const env = { PATH: path, LC_ALL: 'C' };
  const list = await ask('nvidia-smi', ['--query-gpu=name,driver_version', '--format=csv,noheader'], {
    limitMs: ASK_MS,
    env,
  });
  const rows = parseGpus(list ?? '');
  if (rows.length === 0) return null;
  const banner = await ask('nvidia-smi', [], { limitMs: ASK_MS, env });
  return {
    count: rows.length,
    names: rows.map((row) => row.name),
    driver: rows[0]!.driver,
    cuda: /CUDA Version:\s*([\d.]+)/.exec(banner ?? '')?.[1] ?? null,
  };
}

/** Lines of `name, driver`; a name may hold commas. */
export function parseGpus(csv: string): { name: string; driver: string }[] {
  return csv.split('\n').flatMap((line) => {
    const match = /^\s*(.+),\s*(\d[\d.]*)\s*$/.exec(line);
    return match ? [{ name: match[1]!, driver: match[2]! }] : [];
  });
}
