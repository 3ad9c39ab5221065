import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Home } from '../../helpers/home.js';
import { interopPython } from '../../helpers/interop-python.js';

const root = resolve(import.meta.dirname, '../../..');
const { python, test: withPython } = interopPython('grpc');

const home = new Home();
beforeAll(() => home.start());
afterAll(() => home.close());

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

async function execute(command: string, args: string[]): Promise<Ended> {
  const child = spawn(command, args, { cwd: home.project, env: home.env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

const examples = {
  node: [process.execPath, join(root, 'examples/clients/node/client.mjs')],
  python: [python, join(root, 'examples/clients/python/client.py')],
} as const;

for (const [language, [program, client]] of Object.entries(examples)) {
  const testOf = language === 'python' ? withPython : test;
  const call = (...args: string[]) => execute(program, [client, home.socket, ...args]);

  testOf(`${language}: submits, shows what the run prints, ends with its exit code`, async () => {
    const { code, stdout, stderr } = await call(
      'sh',
      '-c',
      'echo "one ü $EXPD_RUN_NAME"; echo two >&2; exit 7',
    );
    expect({ code, stdout }).toEqual({ code: 7, stdout: 'one ü sh\ntwo\n' });
    expect(stderr).toMatch(/^run \d+ sh\n$/);
    const [run] = JSON.parse(await home.ok('ls', '--json')).runs.slice(-1);
    expect(run).toMatchObject({ state: 'failed', tags: ['failed', language], exitCode: 7 });
  });

  testOf(`${language}: a refusal in one line`, async () => {
    const { code, stderr } = await call();
    expect(code).not.toBe(0);
    expect(stderr).toContain('there is no command to run; put it after --');
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
}

test('reflection tells a client without proto files all it needs', async () => {
  const proto = loadSync('grpc/reflection/v1/reflection.proto', {
    includeDirs: [join(root, 'proto')],
    oneofs: true,
  });
  for (const version of ['v1', 'v1alpha']) {
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    const method = (proto['grpc.reflection.v1.ServerReflection'] as grpc.ServiceDefinition)
      .ServerReflectionInfo!;
    const client = new grpc.Client(`unix:${home.socket}`, grpc.credentials.createInsecure());
    const stream = client.makeBidiStreamRequest(path, method.requestSerialize, method.responseDeserialize);
    const ask = async (request: object): Promise<Reflected> => {
      stream.write(request);
      const [answer] = await once(stream, 'data');
      return answer;
    };
    const { listServicesResponse } = await ask({ listServices: '' });
    expect(listServicesResponse!.service.map(({ name }) => name).sort()).toEqual([
      ...services(),
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
    ]);
    for (const symbol of ['expd.v1.Runs', 'expd.v1.Runs.Submit', 'expd.v1.Submission', 'expd.v1.RunState'])
      expect(
        (await ask({ fileContainingSymbol: symbol })).fileDescriptorResponse!.fileDescriptorProto.length,
      ).toBe(2);
    expect((await ask({ fileContainingSymbol: 'no.such.Thing' })).errorResponse!.errorCode).toBe(
      grpc.status.NOT_FOUND,
    );
    stream.end();
    client.close();
  }
});

/** Of the contract, as its files name them. */
const services = (): string[] =>
  readdirSync(join(root, 'proto/expd/v1'))
    .flatMap((file) => [
      ...readFileSync(join(root, 'proto/expd/v1', file), 'utf8').matchAll(/^service (\w+) /gm),
    ])
    .map(([, name]) => `expd.v1.${name}`)
    .sort();

interface Reflected {
  listServicesResponse?: { service: { name: string }[] };
  fileDescriptorResponse?: { fileDescriptorProto: Buffer[] };
  errorResponse?: { errorCode: number };
}

withPython('grpcio: health, and calls made from reflection alone', async () => {
  const script = `
import sys, grpc
from google.protobuf import descriptor_pool, message_factory
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
with grpc.insecure_channel('unix:' + sys.argv[1]) as channel:
    print(health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service='expd.v1.Runs')).status)
    database = ProtoReflectionDescriptorDatabase(channel)
    pool = descriptor_pool.DescriptorPool(database)
    method = pool.FindServiceByName('expd.v1.Daemon').FindMethodByName('Info')
    ask, answer = (message_factory.GetMessageClass(t) for t in (method.input_type, method.output_type))
    info = channel.unary_unary('/expd.v1.Daemon/Info', ask.SerializeToString, answer.FromString)(ask())
    print(info.protocol, info.socket)
`;
  const { code, stdout, stderr } = await execute(python!, ['-c', script, home.socket]);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `1\n1 ${home.socket}\n`, stderr: '' });
});
