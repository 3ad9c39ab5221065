import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ComposeClient, type ComposeRequest, type ComposeResponse } from '../../src/gen/expd/v1/compose.js';
import { Home } from '../helpers/home.js';

// Other tools let the daemon compose for them.

let home: Home;
let client: InstanceType<typeof ComposeClient>;
beforeAll(async () => {
  home = new Home();
  await home.start();
  mkdirSync(join(home.project, 'conf'));
  writeFileSync(join(home.project, 'conf/config.yaml'), 'lr: 0.1\nseed: 0\nhome: ${oc.env:PLACE}\n');
  client = new ComposeClient(`unix:${home.socket}`, credentials.createInsecure());
});
afterAll(async () => {
  client.close();
  await home.close();
});

const compose = (more: Partial<ComposeRequest>): Promise<ComposeResponse> =>
  new Promise((resolve, reject) => {
    const request = {
      cwd: home.project,
      searchPath: [join(home.project, 'conf')],
      configName: 'config',
      overrides: [],
      multirun: false,
      versionBase: '',
      jobName: '',
      environment: {},
      limit: 0,
      ...more,
    };
    client.compose(request, new Metadata(), (error: ServiceError | null, answer) =>
      error === null ? resolve(answer) : reject(error),
    );
  });

test('a sweep, as expctl would compose it', async () => {
  const overrides = ['lr=0.1,0.2', 'seed=range(2)'];
  const { configurations, yaml, axes } = await compose({ overrides, multirun: true });
  expect(axes).toBe('lr × seed');
  expect(configurations.map((one) => one.overrides)).toEqual([
    ['lr=0.1', 'seed=0'],
    ['lr=0.1', 'seed=1'],
    ['lr=0.2', 'seed=0'],
    ['lr=0.2', 'seed=1'],
  ]);
  expect(yaml[2]).toBe('lr: 0.2\nseed: 0\nhome: ${oc.env:PLACE}\n');
});

test('what is wrong is said in one line', async () => {
  await expect(compose({ overrides: ['lrr=1'] })).rejects.toThrow(
    /Could not override 'lrr': there is no key 'lrr'/,
  );
  await expect(compose({ searchPath: ['conf'] })).rejects.toThrow(/"conf" is no absolute path/);
});
