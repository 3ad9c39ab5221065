/** Characters of 3 × 5 pixels; each digit (octal) is a row, the highest bit is the left pixel. */
const ROWS: Readonly<Record<string, string>> = {
  ...{
    0: '75557',
    1: '26227',
    2: '71747',
    3: '71317',
    4: '55711',
    5: '74717',
    6: '74757',
    7: '71122',
    8: '75757',
  },
  ...{
    9: '75717',
    A: '25755',
    B: '65656',
    C: '34443',
    D: '65556',
    E: '74647',
    F: '74644',
    G: '34553',
    H: '55755',
  },
  ...{
    I: '72227',
    J: '11152',
    K: '55655',
    L: '44447',
    M: '57755',
    N: '65555',
    O: '25552',
    P: '65644',
    Q: '25563',
  },
  ...{
    R: '65655',
    S: '34216',
    T: '72222',
    U: '55557',
    V: '55552',
    W: '55775',
    X: '55255',
    Y: '55222',
    Z: '71247',
  },
  ...{
    '.': '00002',
    ',': '00024',
    '-': '00700',
    _: '00007',
    '/': '11244',
    '+': '02720',
    ':': '02020',
    '%': '51245',
  },
  ...{ '(': '12221', ')': '42224', '=': '07070', '@': '25743', '#': '57575', ' ': '00000', '*': '05250' },
};
const UNKNOWN = '70107';

export const GLYPH = { width: 3, height: 5, advance: 4 } as const;

/** The pixels of a line of text, from its upper left corner. Letters are shown as capitals. */
export function* textPixels(text: string): Generator<[x: number, y: number]> {
  let left = 0;
  for (const character of text.toUpperCase()) {
    const rows = ROWS[character] ?? UNKNOWN;
    for (let y = 0; y < GLYPH.height; y++)
      for (let x = 0; x < GLYPH.width; x++) if (Number(rows[y]) & (4 >> x)) yield [left + x, y];
    left += GLYPH.advance;
  }
}
