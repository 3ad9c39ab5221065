import * as fs from 'node:fs';
import { promisify } from 'node:util';

// What lies between the end of one run and the start of the next: the callback functions of node:fs, which cost
// about half of what those of node:fs/promises do. Never the synchronous ones: on a busy disk they stop the daemon.
export const mkdir = promisify(fs.mkdir);
export const chmod = promisify(fs.chmod);
export const writeFile = promisify(fs.writeFile);
export const open = promisify(fs.open);
export const close = promisify(fs.close);
export const fchmod = promisify(fs.fchmod);
export const copyFile = promisify(fs.copyFile);
export const symlink = promisify(fs.symlink);
