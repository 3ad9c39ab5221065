// A client of expd that knows nothing but its proto files: submits a command, shows what it prints,
// ends with its exit code.
//
//   npm install @grpc/grpc-js @grpc/proto-loader
//   node client.mjs "$(expctl daemon status --json | jq -r .socket)" python train.py --lr 0.1
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const PROTO = fileURLToPath(new URL('../../../proto', import.meta.url));

const [socket, ...argv] = process.argv.slice(2);
const files = ['expd/v1/runs.proto', 'expd/v1/logs.proto', 'expd/v1/errors.proto'];
const definition = loadSync(files, {
  includeDirs: [PROTO],
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
});
const { Runs, Logs } = grpc.loadPackageDefinition(definition).expd.v1;
const target = `unix:${socket}`;
const runs = new Runs(target, grpc.credentials.createInsecure());
const logs = new Logs(target, grpc.credentials.createInsecure());

try {
  const run = await submit(argv);
  process.stderr.write(`run ${run.id} ${run.name}\n`);
  process.exitCode = await follow(run.id);
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 125;
}
runs.close();
logs.close();

/** A header with the environment, then the submissions; answered once they are on the disk. */
function submit(argv) {
  return new Promise((resolve, reject) => {
    const call = runs.submit((error, answer) => {
      if (error) return reject(error);
      const [{ run, error: refused }] = answer.results;
      if (refused) reject(new Error(`${refused.message}; ${refused.hint}`));
      else resolve(run);
    });
    // The same request made again after a lost connection answers the same run.
    call.write({ header: { requestId: randomUUID(), environment: process.env } });
    call.write({ batch: { submissions: [{ argv, cwd: process.cwd(), tags: ['node'] }] } });
    call.end();
  });
}

/** Waits for the run, goes on over its attempts, ends with it. */
async function follow(id) {
  let last;
  for await (const { part, chunk, run } of logs.follow({ run: String(id) })) {
    if (part === 'chunk') process.stdout.write(chunk.data);
    else last = run;
  }
  return last.resultCode;
}

/** The typed detail that every refusal carries beside its status. */
function explain(error) {
  const [bytes] = error.metadata?.get('expd-error-bin') ?? [];
  if (!bytes) return error.message;
  const { code, message, hint } = definition['expd.v1.ErrorDetail'].deserialize(bytes);
  return `${code}: ${message}${hint ? `; ${hint}` : ''}`;
}
