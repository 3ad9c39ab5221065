import { describe, expect, test } from 'vitest';
import {
  holdsSecret,
  isSecretName,
  isSecretValue,
  REDACTED,
  redactArgv,
  redactText,
} from '../../src/secrets.js';

describe('names', () => {
  test.each([
    ...[
      'HF_TOKEN',
      'WANDB_API_KEY',
      'AWS_SECRET_ACCESS_KEY',
      'DB_PASSWORD',
      'PASSWD',
      'apiKey',
      'db.password',
    ],
    ...[
      '--api-key',
      '+model.auth',
      'AZURE_STORAGE_CONNECTION_STRING',
      'SENTRY_DSN',
      'GOOGLE_APPLICATION_CREDENTIALS',
    ],
  ])('%s', (name) => expect(isSecretName(name)).toBe(true));
  test.each([
    'PATH',
    'TOKENIZERS_PARALLELISM',
    'tokenizer',
    'max_tokens',
    'KEYBOARD',
    'AUTHOR',
    'lr',
    'compass',
  ])('not %s', (name) => expect(isSecretName(name)).toBe(false));
});

describe('values', () => {
  test.each([
    'AKIAIOSFODNN7EXAMPLE',
    'ghp_abcdefghijklmnopqrstuvwxyz0123456789',
    'hf_abcdefghijklmnopqrstuv',
    'sk-proj-abcdefghijklmnop',
    'xoxb-12345678-abcdefgh',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl',
    'https://user:pa55@host/repo.git',
    '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----',
    'Authorization: Bearer abcdefghijklmnop',
  ])('%s', (value) => {
    expect(isSecretValue(value)).toBe(true);
    expect(redactText(value)).toContain(REDACTED);
  });
  test.each([
    'https://host:8080/path',
    'task-abcdefghijklmnopqrst',
    'outputs/2026-01-31',
    'git@github.com:a/b.git',
  ])('not %s', (value) => expect(isSecretValue(value)).toBe(false));
});

test.each<[argv: string[], shown: string[]]>([
  [
    ['train', '--lr', '0.1'],
    ['train', '--lr', '0.1'],
  ],
  [
    ['--api-key', 'abc', 'x'],
    ['--api-key', REDACTED, 'x'],
  ],
  [['--api-key=abc'], [`--api-key=${REDACTED}`]],
  [
    ['db.password=1234', 'model.token_dim=512', '+use_auth=true'],
    [`db.password=${REDACTED}`, 'model.token_dim=512', `+use_auth=${REDACTED}`],
  ],
  [
    ['--auth', '--verbose', 'word'],
    ['--auth', '--verbose', 'word'],
  ],
  [['data=https://me:pw@host/x'], [`data=https://${REDACTED}@host/x`]],
  [
    ['sh', '-c', 'cd x; API_KEY=abc python t.py --token xyz --lr 1'],
    ['sh', '-c', `cd x; API_KEY=${REDACTED} python t.py --token ${REDACTED} --lr 1`],
  ],
  [['db={user: me, password: hunter2}'], [`db={user: me, password: ${REDACTED}}`]],
  [['{"api_key": "abc", "lr": 1}'], [`{"api_key": ${REDACTED}, "lr": 1}`]],
  [
    ['env', 'HF_TOKEN=abc', 'python'],
    ['env', `HF_TOKEN=${REDACTED}`, 'python'],
  ],
])('%j', (argv, shown) => {
  expect(redactArgv(argv)).toEqual(shown);
  expect(holdsSecret(argv)).toBe(JSON.stringify(argv) !== JSON.stringify(shown));
});

test('redaction takes time in proportion to the text', () => {
  const began = performance.now();
  for (const text of [
    'a'.repeat(1 << 20),
    '=:'.repeat(1 << 19),
    'a.b-'.repeat(1 << 18),
    '://a'.repeat(1 << 18),
  ])
    redactArgv([text]);
  expect(performance.now() - began).toBeLessThan(5_000);
});
