import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';

// Files as training stacks write them, as small as they can be.

/** Stored entries, as torch.save writes them (APPNOTE.TXT 4.3). */
export function zip(entries: Readonly<Record<string, Buffer>>): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(entries)) {
    const fields = Buffer.alloc(26);
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(content.length, 14);
    fields.writeUInt32LE(content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(name), content]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\0', 'latin1'), fields, tail, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(central.length, 4);
  end.writeUInt16LE(central.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from('PK\x05\x06', 'latin1'), end]);
}

/** `{name: value}` as pickle protocol 2 writes a dictionary's entry, with its memo. */
export const pickled = (name: string, value: number): Buffer =>
  Buffer.concat([
    Buffer.from('\x80\x02}q\x00X', 'latin1'),
    Buffer.from([name.length, 0, 0, 0]),
    Buffer.from(`${name}q\x01M`, 'latin1'),
    Buffer.from([value & 0xff, value >> 8]),
    Buffer.from('s.', 'latin1'),
  ]);

export const torch = (step: number, name = 'global_step'): Buffer =>
  zip({ 'archive/data.pkl': pickled(name, step), 'archive/data/0': Buffer.alloc(64, step) });

export function safetensors(bytes: number): Buffer {
  const header = Buffer.from(
    JSON.stringify({ w: { dtype: 'U8', shape: [bytes], data_offsets: [0, bytes] } }),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.alloc(bytes, 7)]);
}

/** A superblock of version 0 that says where the file ends. */
export function hdf5(bytes: number): Buffer {
  const file = Buffer.alloc(bytes);
  file.write('\x89HDF\r\n\x1a\n', 0, 'latin1');
  file[13] = 8;
  file[14] = 8;
  file.writeBigUInt64LE(BigInt(bytes), 40);
  return file;
}

/** Files below a directory, written at `at` (Unix ms). */
export function put(root: string, files: Readonly<Record<string, Buffer | string>>, at = 1000): string {
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    utimesSync(path, at / 1000, at / 1000);
  }
  return root;
}

/** Of the Trainer, with what its state says of the step. */
export const huggingFace = (step: number, loss = 1): Record<string, Buffer | string> => ({
  'model.safetensors': safetensors(32),
  'optimizer.pt': torch(step),
  'rng_state.pth': torch(step),
  'trainer_state.json': JSON.stringify({
    global_step: step,
    log_history: [{ step, epoch: 1, eval_loss: loss }],
  }),
});

export const accelerated = (): Record<string, Buffer | string> => ({
  'model.safetensors': safetensors(32),
  'optimizer.bin': torch(1),
  'random_states_0.pkl': 'states',
});

export const tfjs = (): Record<string, Buffer | string> => ({
  'model.json': JSON.stringify({
    weightsManifest: [{ paths: ['weights.bin'], weights: [{ name: 'w', shape: [2, 3], dtype: 'float32' }] }],
  }),
  'weights.bin': Buffer.alloc(24),
});
