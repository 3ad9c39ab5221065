// metrics.mjs parse FILE           lines of JSON parsed a second, and nothing else done with them
// metrics.mjs lines COUNT FILE     writes so many lines
// metrics.mjs pace FILE…           appends 500 lines a second to each, one write a line, until it is killed; while it
//                                  stands still nothing is due
import { appendFileSync, closeSync, openSync, readFileSync, writeSync } from 'node:fs';

const [what, ...words] = process.argv.slice(2);
const line = (step) => `{"step":${step},"train/loss":${(2 / (1 + step / 1000)).toFixed(6)},"lr":0.001}\n`;

if (what === 'parse') {
  const text = readFileSync(words[0], 'utf8');
  const begin = performance.now();
  let steps = 0;
  let count = 0;
  for (let at = 0, end = text.indexOf('\n'); end >= 0; at = end + 1, end = text.indexOf('\n', at), count++)
    steps += JSON.parse(text.slice(at, end)).step;
  process.stdout.write(
    `${JSON.stringify({ perSecond: (count / (performance.now() - begin)) * 1000, steps })}\n`,
  );
}

if (what === 'lines') {
  const fd = openSync(words[1], 'a');
  for (let step = 0; step < Number(words[0]); ) {
    let text = '';
    for (let n = 0; n < 1000; n++) text += line(step++);
    writeSync(fd, text);
  }
  closeSync(fd);
}

if (what === 'pace') {
  let last = performance.now();
  let [due, written] = [0, 0];
  setInterval(() => {
    const now = performance.now();
    if (now - last < 500) due += ((now - last) / 1000) * 500;
    last = now;
    for (; written < due; written++) for (const file of words) appendFileSync(file, line(written));
  }, 4);
}
