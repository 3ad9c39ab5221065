/** Bits of a braille character (U+2800), by row and column of its 4 × 2 dots. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

/** A drawing surface of characters, each of 2 × 4 dots, each with one ink: of several the one that weighs most. */
export class Braille {
  readonly #dots: Uint8Array;
  readonly #inks: Uint8Array;

  constructor(
    readonly columns: number,
    readonly rows: number,
  ) {
    this.#dots = new Uint8Array(columns * rows);
    this.#inks = new Uint8Array(columns * rows);
  }

  get width(): number {
    return this.columns * 2;
  }

  get height(): number {
    return this.rows * 4;
  }

  /** Dots count from the upper left; outside nothing happens. `ink` from 1. */
  dot(x: number, y: number, ink: number): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const at = (y >> 2) * this.columns + (x >> 1);
    this.#dots[at] = this.#dots[at]! | DOTS[(y & 3) as 0 | 1 | 2 | 3][(x & 1) as 0 | 1];
    this.#inks[at] = Math.max(this.#inks[at]!, ink);
  }

  line(x0: number, y0: number, x1: number, y1: number, ink: number): void {
    const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0), 1);
    for (let n = 0; n <= steps; n++)
      this.dot(Math.round(x0 + ((x1 - x0) * n) / steps), Math.round(y0 + ((y1 - y0) * n) / steps), ink);
  }

  /** `paint` colours a stretch of one ink; 0: of none. */
  lines(paint: (text: string, ink: number) => string): string[] {
    return Array.from({ length: this.rows }, (_, row) => {
      let [line, stretch, ink] = ['', '', -1];
      for (let column = 0; column < this.columns; column++) {
        const at = row * this.columns + column;
        if (this.#inks[at] !== ink && stretch !== '') {
          line += paint(stretch, ink);
          stretch = '';
        }
        ink = this.#inks[at]!;
        stretch += this.#dots[at] === 0 ? ' ' : String.fromCharCode(0x2800 + this.#dots[at]!);
      }
      return line + paint(stretch, ink);
    });
  }
}
