import { withFile } from './inside.js';
import { entryBytes, zipEntries } from './zip.js';

/** Names under which training scripts keep their step in a dictionary, the surest first. */
const NAMES = ['global_step', 'iter_num', 'step', 'iteration', 'epoch'];
const LARGEST_PICKLE = 16 << 20;

/**
 * The step that a file of torch.save states: an integer under one of the usual names. Nothing is unpickled: the key's
 * opcode is followed by the integer's (pickletools: BINUNICODE, a memo, BININT1, BININT2 or BININT). null: none.
 */
export function statedStep(root: string, path: string): number | null {
  try {
    return withFile(root, path, (fd, size) => {
      const entry = zipEntries(fd, size).find(({ name }) => /(?:^|\/)data\.pkl$/.test(name));
      if (entry === undefined || entry.method !== 0) return null;
      return stepInPickle(entryBytes(fd, entry, size, LARGEST_PICKLE));
    });
  } catch {
    return null;
  }
}

/** Exported for its test. */
export function stepInPickle(pickle: Buffer): number | null {
  for (const name of NAMES) {
    const key = Buffer.concat([Buffer.from([0x58, name.length, 0, 0, 0]), Buffer.from(name)]);
    for (let at = pickle.indexOf(key); at !== -1; at = pickle.indexOf(key, at + 1)) {
      const value = integerAt(pickle, afterMemo(pickle, at + key.length));
      if (value !== null) return value;
    }
  }
  return null;
}

/** BINPUT has one byte, LONG_BINPUT four. */
function afterMemo(pickle: Buffer, at: number): number {
  if (pickle[at] === 0x71) return at + 2;
  return pickle[at] === 0x72 ? at + 5 : at;
}

function integerAt(pickle: Buffer, at: number): number | null {
  const opcode = pickle[at];
  const bytes = opcode === 0x4b ? 1 : opcode === 0x4d ? 2 : opcode === 0x4a ? 4 : 0;
  if (bytes === 0 || at + bytes >= pickle.length) return null;
  const value = bytes === 4 ? pickle.readInt32LE(at + 1) : pickle.readUIntLE(at + 1, bytes);
  return value < 0 ? null : value;
}
