import { cut, width } from './width.js';

/** Cells are plain text; `paint` adds colour after they were measured. */
export interface Column<Row> {
  title: string;
  cell(row: Row): string;
  align?: 'right';
  /** Gives way when the terminal is too narrow, down to `title`'s width or 8. */
  shrinks?: boolean;
  paint?(cell: string, row: Row): string;
}

const GAP = '  ';
const NARROWEST = 8;

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
      least: column.shrinks ? Math.max(NARROWEST, width(column.title)) : Number.POSITIVE_INFINITY,
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

/** Takes from the widest column that may shrink until all cut, or none can give more. */
function fitted(columns: readonly { wish: number; least: number }[], total: number): number[] {
  const widths = columns.map(({ wish }) => wish);
  const gaps = GAP.length * (columns.length - 1);
  let excess = widths.reduce((sum, columnWidth) => sum + columnWidth, gaps) - total;
  while (excess > 0) {
    const widest = columns.reduce(
      (best, { least }, n) => (widths[n]! > least && (best < 0 || widths[n]! > widths[best]!) ? n : best),
      -1,
    );
    if (widest < 0) break;
    widths[widest] = widths[widest]! - 1;
    excess--;
  }
  return widths;
}
