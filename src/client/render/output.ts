/** A value that JSON can say; absent things are null, not left out. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Version of the JSON schema (docs/json.md): raised when a field goes or changes its meaning. */
export const SCHEMA = 1;

/** What a verb found out, as text and as JSON side by side. */
export interface Answer {
  json: { readonly [key: string]: Json };
  /** Lines for people. */
  text(style: Style): readonly string[];
  /** What matters to the caller but is not what was asked for: lines on standard error. */
  warnings?: readonly string[];
  /** 0 when absent. */
  exit?: number;
}

/** How text may look where it goes. */
export interface Style {
  /** Columns; infinite where it is not a terminal. */
  width: number;
  now: number;
  paint: Paint;
}

export type Colour = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';
export type Paint = (colour: Colour, text: string) => string;

/** SGR parameters: on, off. */
const SGR: Readonly<Record<Colour, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

export const inColour: Paint = (colour, text) =>
  text === '' ? '' : `\x1b[${SGR[colour][0]}m${text}\x1b[${SGR[colour][1]}m`;
export const noColour: Paint = (_, text) => text;

/** One line of JSON, the schema's version first. */
export const jsonLine = (json: { readonly [key: string]: Json }): string =>
  `${JSON.stringify({ schema: SCHEMA, ...json })}\n`;
