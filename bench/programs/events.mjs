// LIBRARY write|read DIRECTORY COUNT: passes COUNT scalars, after a tenth of them to get warm. Prints what it took.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [library, what, directory, words] = process.argv.slice(2);
const { EventReader, EventWriter } = await import(pathToFileURL(library).href);
const count = Number(words);
const warmUp = count / 10;
const tags = ['train/loss', 'train/accuracy', 'val/loss', 'lr'];

const passes = { write, read };
const pass = passes[what]();
pass.next();
const [begin, before] = [performance.now(), process.memoryUsage.rss()];
pass.next();
const took = performance.now() - begin;
const grown = process.memoryUsage.rss() - before;
process.stdout.write(JSON.stringify({ perSecond: (count / took) * 1000, grownMb: grown / 2 ** 20 }));

/** Yields once it is warm. */
function* write() {
  const writer = new EventWriter(directory);
  for (let step = 0; step < warmUp; step++) writer.scalar(tags[step % 4], step, step);
  yield;
  for (let step = warmUp; step < warmUp + count; step++) writer.scalar(tags[step % 4], step, step);
  writer.close();
}

function* read() {
  const reader = new EventReader(join(directory, readdirSync(directory)[0]));
  let seen = 0;
  for (const event of reader.events()) {
    if (event.kind === 'values') seen++;
    if (seen === warmUp) yield;
  }
  reader.close();
  if (seen !== warmUp + count) throw new Error(`read ${seen} of ${warmUp + count}`);
}
