import { credentials } from '@grpc/grpc-js';
import { LogsClient } from '../../../src/gen/expd/v1/logs.js';

/** `follower SOCKET RUN [slow]`: follows the log onto standard output; with `slow` it reads one piece and no more. */
const [socket, run, slow] = process.argv.slice(2);
const client = new LogsClient(`unix:${socket}`, credentials.createInsecure(), {
  'grpc.max_receive_message_length': -1,
});
const stream = client.follow({ run: run ?? '', attempt: 0, offset: 0, stream: 0 });
stream.on('data', ({ part }) => {
  if (part?.$case !== 'chunk') return;
  process.stdout.write(part.value.data);
  if (slow === 'slow') stream.pause();
});
stream.on('error', (err) => {
  process.stderr.write(`${err.message}\n`);
});
