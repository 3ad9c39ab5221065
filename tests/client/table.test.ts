import { expect, test } from 'vitest';
import { type Column, table } from '../../src/client/render/table.js';
import { cut, width } from '../../src/client/render/width.js';

interface Row {
  id: number;
  name: string;
  tags: string;
}
const columns: Column<Row>[] = [
  { title: 'ID', cell: ({ id }) => String(id), align: 'right' },
  { title: 'NAME', cell: ({ name }) => name, shrinks: true, paint: (cell) => `<${cell}>` },
  { title: 'TAGS', cell: ({ tags }) => tags, shrinks: true },
];
const rows = [
  { id: 7, name: 'train', tags: '' },
  { id: 12_345, name: '训练 run', tags: 'baseline' },
];

test('columns line up, also under wide characters, and colour does not count', () => {
  expect(table(columns, rows, 100)).toEqual(
    ['   ID  NAME      TAGS', '    7  <train>', '12345  <训练 run>  baseline'].map((line) =>
      line.replace('<train>', '<train>'),
    ),
  );
});

test('a column that holds nothing is left out', () => {
  expect(table(columns, [rows[0]!], 100)[0]).toBe('ID  NAME');
});

test('lines fit the terminal, whatever it is', () => {
  const long = [{ id: 1, name: 'a'.repeat(300), tags: '中'.repeat(100) }];
  for (const columnsWide of [10, 15, 24, 40, 80, 200]) {
    const plainColumns = columns.map(({ paint: _, ...column }) => column);
    for (const line of table(plainColumns, long, columnsWide))
      expect(width(line), `${columnsWide}: ${line}`).toBeLessThanOrEqual(columnsWide);
  }
  expect(table(columns, long, Number.POSITIVE_INFINITY).at(-1)).toContain('a'.repeat(300));
});

test('what is cut says so', () => {
  expect(cut('training', 5)).toBe('trai…');
  expect(cut('中文字', 4)).toBe('中…');
  expect(cut('abc', 3)).toBe('abc');
  expect(cut('abc', 0)).toBe('');
  expect(width('e\u0301中🚀')).toBe(5);
});
