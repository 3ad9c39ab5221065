// A training script that logs with expd/tensorboard: DIRECTORY ATTEMPT FROM TO finish|kill
import { EventWriter, encodePng } from 'expd/tensorboard';

const [directory, ...words] = process.argv.slice(2);
const [attempt, from, to] = words.map(Number);
const writer = new EventWriter(directory);
if (attempt > 1) writer.rewind(from);

for (let step = from; step <= to; step++) {
  const value = attempt * 1000 + step;
  writer.scalar('loss', value, step);
  if (step % 50 === 0) writer.scalar('val', value, step);
  if (step % 100 === 7) writer.scalar('rare', value, step);
  if (step === 240 && attempt === 1) writer.scalar('gone', value, step);
  if (step % 60 === 0)
    writer.image(
      'sample',
      encodePng({ width: 1, height: 1, channels: 1, data: new Uint8Array([attempt]) }),
      step,
    );
}
writer.flush();
if (words.at(-1) === 'kill') process.kill(process.pid, 'SIGKILL');
writer.close();
