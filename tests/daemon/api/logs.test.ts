import { appendFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FollowRequest, type FollowResponse, LogStream, ReadRequest } from '../../../src/gen/expd/v1/logs.js';
import { RunState } from '../../../src/gen/expd/v1/runs.js';
import { claimOf, failure, interruption, success } from '../../helpers/store.js';
import { until } from '../../helpers/until.js';
import { collected, of, Served } from './served.js';

let served: Served;
beforeAll(async () => {
  served = await Served.open();
});
afterAll(() => served.close());

/** A follower, and what it has got so far. */
class Following {
  readonly parts: FollowResponse[] = [];
  readonly done: Promise<FollowResponse[]>;
  readonly stream;

  constructor(changes: Partial<FollowRequest>, from: Served = served) {
    this.stream = from.logs.follow(of(FollowRequest, changes));
    this.stream.on('data', (part: FollowResponse) => void this.parts.push(part));
    this.done = collected(this.stream);
    this.done.catch(() => {});
  }

  /** Bytes by attempt; each must begin where the last ended. */
  bytes(attempt = 1, offset = 0): Buffer {
    const chunks: Buffer[] = [];
    for (const { part } of this.parts) {
      if (part?.$case !== 'chunk' || part.value.attempt !== attempt) continue;
      if (part.value.offset !== offset) throw new Error(`offset ${part.value.offset}, not ${offset}`);
      offset += part.value.data.length;
      chunks.push(part.value.data);
    }
    return Buffer.concat(chunks);
  }

  got = (text: string, attempt = 1) =>
    until(`follower has ${JSON.stringify(text)}`, () => String(this.bytes(attempt)) === text);

  states = () =>
    this.parts.flatMap(({ part }) => (part?.$case === 'run' ? [RunState[part.value.state].slice(10)] : []));
}

const read = async (changes: Partial<ReadRequest>): Promise<string> => {
  const answers = await collected(served.logs.read(of(ReadRequest, changes)));
  return answers.map(({ chunk }) => chunk!.data.toString('latin1')).join('');
};

test('read: whole, from an offset, the last lines', async () => {
  const id = await served.finished('one\ntwo\nthree\nfour');
  const run = String(id);
  expect(await read({ run })).toBe('one\ntwo\nthree\nfour');
  expect(await read({ run, attempt: 1, offset: 8 })).toBe('three\nfour');
  expect(await read({ run, offset: 1000 })).toBe('');
  for (const [lines, text] of [
    [0, ''],
    [1, 'four'],
    [2, 'three\nfour'],
    [4, 'one\ntwo\nthree\nfour'],
    [9, 'one\ntwo\nthree\nfour'],
  ] as const)
    expect(await read({ run, tailLines: lines }), `${lines} lines`).toBe(text);
  const ended = await served.finished('a\n\nb\n');
  expect(await read({ run: String(ended), tailLines: 2 })).toBe('\nb\n');
});

test('read: bytes are bytes', async () => {
  const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, n) => (n * 7) % 256));
  const id = await served.submitted();
  writeFileSync(await served.start(id), bytes);
  const answers = await collected(served.logs.read(of(ReadRequest, { run: String(id) })));
  expect(Buffer.concat(answers.map(({ chunk }) => chunk!.data)).equals(bytes)).toBe(true);
});

test.each([false, true])(
  'an attempt that could not be started has no log, and is passed over (places: %s)',
  async (places) => {
    const id = await served.finished('one', interruption);
    const claim = claimOf(id, 2);
    if (claim.do !== 'transition' || claim.facts?.of !== 'claimed') throw new Error('no claim');
    const nothing = { runDir: '', log: '', errorLog: null };
    await served.store.ok({ ...claim, facts: { ...claim.facts, ...nothing } });
    await served.end(id, interruption, 2);
    await expect(read({ run: String(id) })).rejects.toMatchObject({
      detail: { code: 'not_found', message: `attempt 2 of run ${id} was not started: it has no log` },
    });
    const following = new Following({ run: String(id), attempt: 1, places });
    writeFileSync(await served.start(id, 3), 'three');
    await served.end(id, success, 3);
    await following.done;
    expect(following.states().at(-1)).toBe('SUCCEEDED');
    if (!places) expect([following.bytes(1), following.bytes(3)].map(String)).toEqual(['one', 'three']);
  },
);

test('read: refusals', async () => {
  const queued = String(await served.submitted());
  await expect(read({ run: queued })).rejects.toMatchObject({ detail: { code: 'wrong_state' } });
  const id = String(await served.finished('x'));
  await expect(read({ run: id, attempt: 2 })).rejects.toMatchObject({
    detail: { code: 'not_found', message: `run ${id} has 1 attempt, no attempt 2` },
  });
  await expect(read({ run: id, stream: LogStream.LOG_STREAM_ERROR })).rejects.toMatchObject({
    detail: { code: 'usage' },
  });
  await expect(read({ run: '99999' })).rejects.toMatchObject({ status: 5 });
  await expect(read({ run: `${id},${queued}` })).rejects.toMatchObject({ status: 3 });
  rmSync(served.logFile(Number(id)));
  await expect(read({ run: id })).rejects.toMatchObject({
    detail: { message: expect.stringContaining('is gone') },
  });
});

test('read and follow of the error log of a split run', async () => {
  const id = await served.submitted({ split: true });
  const log = await served.start(id, 1, true);
  writeFileSync(log, 'out\n');
  writeFileSync(`${log}.err`, 'err\n');
  await served.end(id);
  const run = String(id);
  expect(await read({ run })).toBe('out\n');
  expect(await read({ run, stream: LogStream.LOG_STREAM_ERROR })).toBe('err\n');
  const following = new Following({ run, stream: LogStream.LOG_STREAM_ERROR });
  await following.done;
  expect(String(following.bytes())).toBe('err\n');
});

test('follow waits for the run, goes over its attempts, and ends with it, all bytes before each end', async () => {
  const id = await served.submitted({ retries: 1 });
  const following = new Following({ run: String(id) });
  await until('the queued state is told', () => following.states().includes('QUEUED'));
  const log = await served.start(id);
  await until('the running state is told', () => following.states().includes('RUNNING'));
  // The file appears only after the attempt was told of.
  appendFileSync(log, 'a');
  await following.got('a');
  appendFileSync(log, 'b\n');
  await following.got('ab\n');
  appendFileSync(log, 'last words\n');
  await served.end(id, interruption);
  const second = await served.start(id, 2);
  appendFileSync(second, 'again\n');
  await following.got('again\n', 2);
  appendFileSync(second, 'the end');
  await served.end(id, failure, 2);
  await until('the run is queued for its retry', () => following.states().at(-1) === 'QUEUED');
  const third = await served.start(id, 3);
  appendFileSync(third, 'x');
  await served.end(id, { ...failure, code: 9 }, 3);
  await following.done;
  expect(String(following.bytes(1))).toBe('ab\nlast words\n');
  expect(String(following.bytes(2))).toBe('again\nthe end');
  expect(String(following.bytes(3))).toBe('x');
  const last = following.parts.at(-1)!.part!;
  expect(last).toMatchObject({ $case: 'run', value: { state: RunState.RUN_STATE_FAILED, resultCode: 9 } });
  // No byte of an attempt comes after the change that its end made.
  const kinds = following.parts
    .map(({ part }) => (part!.$case === 'chunk' ? part!.value.attempt : 'run'))
    .join(' ');
  expect(kinds).toMatch(/^(run )+(1 )+(run )+(2 )+(run )+(3 )+run$/);
});

test('a caller that reads the files itself is told where they lie, and when they are complete', async () => {
  const id = await served.submitted();
  const following = new Following({ run: String(id), places: true });
  await until('waits', () => following.states().length === 1);
  const first = await served.start(id);
  const places = () => following.parts.flatMap(({ part }) => (part?.$case === 'place' ? [part.value] : []));
  await until('the first place is told', () => places().length === 1);
  await until('the running state is told', () => following.states().at(-1) === 'RUNNING');
  await served.act('pause', [String(id)]);
  await served.end(id, interruption);
  const second = await served.start(id, 2);
  await served.end(id, failure, 2);
  await following.done;
  const told = places().map(({ attempt, path, complete }) => [attempt, path, complete]);
  expect(told.slice(0, 2)).toEqual([
    [1, first, false],
    [1, first, true],
  ]);
  // The second attempt may be over before it was looked at.
  expect(told.at(-1)).toEqual([2, second, true]);
  expect(
    told.slice(2, -1).every(([attempt, path, complete]) => attempt === 2 && path === second && !complete),
  ).toBe(true);
  expect(following.states().at(-1)).toBe('FAILED');
  const again = new Following({ run: String(id), places: true, attempt: 1 });
  await again.done;
  expect(again.parts.map(({ part }) => part!.$case)).toEqual(['run', 'place', 'place']);
});

test('a reader of the file itself is told where it lies, and whether more may come', async () => {
  const id = await served.submitted();
  const request = of(ReadRequest, { run: String(id), places: true });
  const path = await served.start(id);
  writeFileSync(path, 'x');
  const told = () => collected(served.logs.read(request));
  expect(await told()).toEqual([{ place: { attempt: 1, path, complete: false } }]);
  await served.end(id);
  expect(await told()).toEqual([{ place: { attempt: 1, path, complete: true } }]);
});

test('follow of a final run is its log and its end', async () => {
  const id = await served.finished('done\n');
  const following = new Following({ run: String(id) });
  await following.done;
  expect(String(following.bytes())).toBe('done\n');
  const tail = new Following({ run: String(id), tailLines: 1, attempt: 1 });
  await tail.done;
  expect(String(tail.bytes())).toBe('done\n');
});

test('follow of a run that is cancelled before it started ends at once', async () => {
  const id = await served.submitted();
  const following = new Following({ run: String(id) });
  await until('waits', () => following.states().length === 1);
  await served.act('cancel', [String(id)]);
  await following.done;
  expect(following.states()).toEqual(['QUEUED', 'CANCELLED']);
});

test('follow of a run that is removed says so', async () => {
  const id = await served.submitted();
  const following = new Following({ run: String(id) });
  await until('waits', () => following.states().length === 1);
  await served.store.ok({ do: 'transition', runId: id, event: { kind: 'stopRequested', reason: 'cancel' } });
  await served.store.ok({ do: 'remove', runId: id });
  // Both commits may be seen as one: then the run is gone before its end was.
  await following.done.catch((err) => expect(err).toMatchObject({ detail: { code: 'not_found' } }));
});

test('follow goes on from where a lost connection was, with no byte lost or twice', async () => {
  const id = await served.submitted();
  const log = await served.start(id);
  const lines = Array.from({ length: 2000 }, (_, n) => `line ${n}\n`);
  let text = '';
  let from = 0;
  for (let part = 0; part < 4; part++) {
    const following = new Following({ run: String(id), attempt: 1, offset: from });
    for (const line of lines.slice(part * 500, part * 500 + 500)) appendFileSync(log, line);
    await until('half of it came', () => following.bytes(1, from).length > 100);
    following.stream.cancel();
    await following.done.catch(() => {});
    const got = following.bytes(1, from);
    text += got;
    from += got.length;
  }
  await served.end(id);
  const following = new Following({ run: String(id), attempt: 1, offset: from });
  await following.done;
  expect(text + following.bytes(1, from)).toBe(lines.join(''));
});

test('follow survives a cut and a replaced file', async () => {
  const id = await served.submitted();
  const log = await served.start(id);
  writeFileSync(log, 'first version\n');
  const chunks: string[] = [];
  const following = new Following({ run: String(id) });
  following.stream.on('data', ({ part }: FollowResponse) => {
    if (part?.$case === 'chunk') chunks.push(`${part.value.offset} ${part.value.data}`);
  });
  await until('the first version came', () => chunks.length === 1);
  truncateSync(log, 0);
  appendFileSync(log, 'cut\n');
  await until('the cut file is read anew', () => chunks.includes('0 cut\n'));
  renameSync(log, `${log}.1`);
  writeFileSync(log, 'other file\n');
  await until('the new file is read', () => chunks.includes('0 other file\n'));
  rmSync(log);
  writeFileSync(log, 'third\n');
  await until('the third file is read', () => chunks.includes('0 third\n'));
  following.stream.cancel();
  await served.end(id);
});

test('a daemon that stops tells followers to come back', async () => {
  const other = await Served.open();
  try {
    const id = await other.submitted();
    appendFileSync(await other.start(id), 'x');
    const following = new Following({ run: String(id) }, other);
    await following.got('x');
    await other.stopListening();
    await expect(following.done).rejects.toMatchObject({
      status: 14,
      message: expect.stringContaining('is stopping'),
    });
    await other.listen();
    const next = new Following({ run: String(id), attempt: 1, offset: 1 }, other);
    await other.end(id);
    await next.done;
    expect(String(next.bytes(1, 1))).toBe('');
  } finally {
    await other.close();
  }
});

test('a hundred followers get every byte', async () => {
  const id = await served.submitted();
  const log = await served.start(id);
  const followers = Array.from({ length: 100 }, () => new Following({ run: String(id) }));
  const text = `${'x'.repeat(9999)}\n`.repeat(50);
  for (let n = 0; n < 50; n++) appendFileSync(log, text.slice(n * 10_000, n * 10_000 + 10_000));
  await served.end(id);
  await Promise.all(followers.map(({ done }) => done));
  for (const follower of followers) expect(follower.bytes().toString() === text).toBe(true);
});

test('a 10 MB line, and bytes that are no text', async () => {
  const id = await served.submitted();
  const bytes = Buffer.concat([Buffer.alloc(10_000_000, 'x'), Buffer.from([0, 0, 0xff, 0xfe, 0x0a, 0xc3])]);
  writeFileSync(await served.start(id), bytes);
  await served.end(id);
  const following = new Following({ run: String(id) });
  await following.done;
  expect(following.bytes().equals(bytes)).toBe(true);
  expect((await read({ run: String(id), tailLines: 1 })).length).toBe(1);
});
