/**
 * The bytes that base64 stands for, read as Python reads them: what is not of its alphabet is passed over, and all ends
 * with the padding. null: characters are missing at the end.
 */
export function decodeBase64(text: string): Uint8Array | null {
  const bytes: number[] = [];
  let [bits, position, pads] = [0, 0, 0];
  for (const char of text) {
    if (char === '=') {
      if (position >= 2 && ++pads >= 4 - position) return Uint8Array.from(bytes);
      continue;
    }
    const value = ALPHABET.indexOf(char);
    if (value < 0) continue;
    pads = 0;
    bits = ((bits << 6) | value) & 0xffffff;
    if (position > 0) bytes.push((bits >> (6 - 2 * position)) & 0xff);
    position = (position + 1) % 4;
  }
  return position === 0 ? Uint8Array.from(bytes) : null;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
