import { cut, width } from './width.js';

/** Cells are plain text; `paint` adds colour after they were measured. */
export interface Column<Row> {
  title: string;
  cell(row: Row): string;
  align?: 'right';
  /** Gives way when the terminal is too narrow: down to `title`'s width or 8, and where that is not enough to 2. */
  shrinks?: boolean;
  paint?(cell: string, row: Row): string;
}

const GAP = '  ';
const NARROWEST = 8;
/** A character and an ellipsis. */
const STUB = 2;

/** Lines without a trailing newline; empty columns are left out. */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  columnsWide: number,
): string[] {
  const cells = rows.map((row) => columns.map((column) => column.cell(row)));
  const shown = columns
    .map((column, n) => ({ column, n }))
    .filter(({ n }) => cells.some((row) => row[n] !== ''));
  const widths = fitted(
    shown.map(({ column, n }) => ({
      wish: cells.reduce((most, row) => Math.max(most, width(row[n]!)), width(column.title)),
      least: column.shrinks
        ? [Math.max(NARROWEST, width(column.title)), STUB]
        : [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    })),
    columnsWide,
  );
  const line = (text: (place: number) => string, paint: (cell: string, place: number) => string): string =>
    shown
      .map(({ column }, place) => {
        const cell = cut(text(place), widths[place]!);
        const pad = ' '.repeat(widths[place]! - width(cell));
        const last = place === shown.length - 1;
        return column.align === 'right' ? pad + paint(cell, place) : paint(cell, place) + (last ? '' : pad);
      })
      .join(GAP)
      .trimEnd();
  const head = line(
    (place) => shown[place]!.column.title,
    (cell) => cell,
  );
  const body = cells.map((row, n) =>
    line(
      (place) => row[shown[place]!.n]!,
      (cell, place) => shown[place]!.column.paint?.(cell, rows[n]!) ?? cell,
    ),
  );
  return [head, ...body];
}

interface Wish {
  wish: number;
  /** What it keeps, and what it keeps where all columns at that are still too wide. */
  least: readonly [number, number];
}

/** Takes from the widest column that may shrink until all fit, or none can give more. */
function fitted(columns: readonly Wish[], total: number): number[] {
  const widths = columns.map(({ wish }) => wish);
  let excess =
    widths.reduce((sum, columnWidth) => sum + columnWidth, GAP.length * (columns.length - 1)) - total;
  for (const stage of [0, 1] as const)
    for (; excess > 0; excess--) {
      const widest = columns.reduce(
        (best, { least }, n) =>
          widths[n]! > least[stage] && (best < 0 || widths[n]! > widths[best]!) ? n : best,
        -1,
      );
      if (widest < 0) break;
      widths[widest] = widths[widest]! - 1;
    }
  return widths;
}
