import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { VERSION } from '../src/protocol.js';
import { figure } from './finding.js';
import { median } from './statistics.js';
import type { World } from './world.js';

/** What the figures depend on. */
export function machine(world: World): [name: string, value: string][] {
  const processors = cpus();
  return [
    ['date', new Date().toISOString().slice(0, 16)],
    ['product', `expd ${VERSION}, Node ${process.version}`],
    ['processor', `${processors.length} × ${processors[0]?.model.trim()}`],
    ['memory', `${Math.round(totalmem() / 2 ** 30)} GB`],
    ['kernel', release()],
    ['disk', disk(world.dir)],
    [
      'load at the start (1, 5, 15 min)',
      loadavg()
        .map((load) => load.toFixed(1))
        .join(', '),
    ],
    ['scheduled', scheduling()],
    ['beside it', peers()],
  ];
}

/** proc(5), stat: the 41st field is the policy of sched(7). */
function scheduling(): string {
  const fields = readFileSync('/proc/self/stat', 'latin1').split(') ')[1]?.split(' ') ?? [];
  return fields[38] === '0' ? 'like everything else' : 'before everything else on the machine (real time)';
}

function disk(dir: string): string {
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, point = '']) => dir.startsWith(point))
    .sort(([, a = ''], [, b = '']) => b.length - a.length);
  const [device, , type] = mounts[0] ?? [];
  return `${type} on ${device}; 128 bytes with fdatasync: ${figure(fdatasyncUs(dir))} µs, a new file: ${figure(newFileUs(dir))} µs`;
}

function fdatasyncUs(dir: string): number {
  const fd = openSync(join(dir, 'fdatasync'), 'w');
  const bytes = Buffer.alloc(128, 1);
  const times = Array.from({ length: 200 }, () => {
    const begin = performance.now();
    writeSync(fd, bytes);
    fdatasyncSync(fd);
    return (performance.now() - begin) * 1000;
  });
  closeSync(fd);
  return median(times);
}

function newFileUs(dir: string): number {
  const files = join(dir, 'files');
  mkdirSync(files);
  const times = Array.from({ length: 200 }, (_, n) => {
    const begin = performance.now();
    closeSync(openSync(join(files, String(n)), 'w'));
    return (performance.now() - begin) * 1000;
  });
  return median(times);
}

function peers(): string {
  const version = (package_: string): string => {
    try {
      return `${package_} ${execFileSync('dpkg-query', ['-W', '-f', '${Version}', package_], { encoding: 'utf8' })}`;
    } catch {
      return package_;
    }
  };
  return ['task-spooler', 'nq', 'coreutils'].map(version).join(', ');
}
