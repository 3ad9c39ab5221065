import { expect, test } from 'vitest';
import { RecordBuffer } from '../../../src/tensorboard/record-buffer.js';
import { randomly } from '../../helpers/random.js';
import { record } from './scratch.js';

test('short writes and a disk that is full now and then: the file holds what was accepted, whole', () => {
  randomly(40, (random) => {
    const file: Buffer[] = [];
    const disk = { full: false };
    const records = new RecordBuffer((bytes) => {
      if (disk.full && random.upTo(3) === 0) throw new Error('ENOSPC');
      const taken = random.upTo(bytes.length);
      file.push(Buffer.from(bytes.subarray(0, taken)));
      return taken;
    });
    const accepted: Buffer[] = [];
    for (let n = 0; n < 50; n++) {
      disk.full = random.upTo(3) === 0;
      const data = Buffer.alloc(random.of([0, 10, 5000, 70_000]), n);
      try {
        records.append(data);
        accepted.push(record(data));
        if (random.upTo(5) === 0) records.flush();
      } catch (error) {
        expect(error).toMatchObject({ message: 'ENOSPC' });
      }
    }
    disk.full = false;
    records.flush();
    expect(Buffer.concat(file).equals(Buffer.concat(accepted))).toBe(true);
    expect(records.bytes.length).toBeLessThanOrEqual(64 << 10);
  });
});
