import { expect, test } from 'vitest';
import { Dict, type Value } from '../../../../src/hydra/hydra.js';
import { compose, type Files, refusal, treeOf } from '../trees.js';

const FILES: Files = {
  'config.yaml': 'defaults:\n- db: mysql\n- _self_\na: 1\n',
  'db/mysql.yaml': 'host: h\nport: 1\n',
  'db/pg.yaml': 'host: p\n',
  'server/apache.yaml': 'defaults:\n- _self_\n- /db@backup: pg\nname: apache\n',
  'exp/fast.yaml': '# @package _global_\ndefaults:\n- override /db: pg\na: 2\n',
};

/** The rows of the defaults list: the configuration and its package. */
const rows = (files: Files, overrides: readonly string[] = []): string[] =>
  treeOf(files)
    .inspect('config', overrides)
    .defaults.filter(({ config }) => !config.startsWith('hydra/'))
    .map(({ config, package: pkg, self }) => `${config}@${pkg}${self ? ' self' : ''}`);

test.each<[string[], string[]]>([
  [[], ['db/mysql@db', 'config@ self']],
  [['db=pg'], ['db/pg@db', 'config@ self']],
  [['~db'], ['config@ self']],
  [['~db=mysql'], ['config@ self']],
  [['+server=apache'], ['db/mysql@db', 'config@ self', 'server/apache@server self', 'db/pg@server.backup']],
  [['+db@other=pg'], ['db/mysql@db', 'config@ self', 'db/pg@other']],
  [['+db@_here_=pg'], ['db/mysql@db', 'config@ self', 'db/pg@']],
  [['+db@_global_=pg'], ['db/mysql@db', 'config@ self', 'db/pg@']],
  [['+exp=fast'], ['db/pg@db', 'config@ self', 'exp/fast@']],
  [
    ['+exp=fast', 'db=mysql'],
    ['db/mysql@db', 'config@ self', 'exp/fast@'],
  ],
  [['db=[mysql,pg]'], ['db/mysql@db', 'db/pg@db', 'config@ self']],
])('with %j', (overrides, expected) => {
  expect(rows(FILES, overrides)).toEqual(expected);
});

test.each<[string, string[]]>([
  ['defaults:\n- base\n', ['base@ self', 'config@ self']],
  ['defaults:\n- _self_\n- db: mysql\n', ['config@ self', 'db/mysql@db']],
  ['defaults:\n- db@x.y: mysql\n', ['db/mysql@x.y', 'config@ self']],
  ['defaults:\n- db@_global_: mysql\n', ['db/mysql@', 'config@ self']],
  ['defaults:\n- optional db: nope\n', ['config@ self']],
  ['defaults:\n- db: null\n', ['config@ self']],
  ['defaults:\n- db/mysql\n', ['db/mysql@db', 'config@ self']],
  ['defaults:\n- db/mysql@m\n', ['db/mysql@m', 'config@ self']],
  ["defaults:\n- db: mysql\n- server: '${db}'\n", ['db/mysql@db', 'server/mysql@server', 'config@ self']],
  ['defaults:\n- db: mysql\n- override db: pg\n', ['db/pg@db', 'config@ self']],
  ['defaults:\n- db: [mysql, pg]\n', ['db/mysql@db', 'db/pg@db', 'config@ self']],
])('%j', (text, expected) => {
  const files = { ...FILES, 'config.yaml': text, 'base.yaml': 'b: 1\n', 'server/mysql.yaml': 's: 1\n' };
  // A configuration without a list of its own is no holder of itself.
  expect(rows(files)).toEqual(expected.map((row) => row.replace('base@ self', 'base@')));
});

test('headers place what has no package of its own', () => {
  const files = {
    'config.yaml': 'defaults:\n- a: x\n- b@mine: x\n- c/d: x\n',
    'a/x.yaml': '# @package p.q\nk: 1\n',
    'b/x.yaml': '# @package p\nk: 1\n',
    'c/d/x.yaml': '# @package _global_\ndefaults:\n- /a@deep: x\n- e: y\nk: 1\n',
    'c/d/e/y.yaml': 'k: 1\n',
  };
  expect(rows(files)).toEqual([
    'a/x@p.q',
    'b/x@mine',
    'a/x@deep',
    'c/d/e/y@e',
    'c/d/x@ self',
    'config@ self',
  ]);
});

/** Each with its kind, a word of what people are told, and of the hint. */
test.each<[string, string[], string, string, string]>([
  [
    'defaults:\n- db: mysq\n',
    [],
    'MissingConfigException',
    "Could not find 'db/mysq'",
    "did you mean 'db/mysql'?",
  ],
  ['defaults:\n- bd: mysql\n', [], 'MissingConfigException', "Could not find 'bd/mysql'", 'search path'],
  ['a: 1\n', ['db=pg'], 'ConfigCompositionException', "Could not override 'db'", '+db=pg'],
  [
    'defaults:\n- db: mysql\n',
    ['db@x=pg'],
    'ConfigCompositionException',
    "Could not override 'db@x'",
    '+db@x=pg',
  ],
  [
    'defaults:\n- db: mysql\n',
    ['+db=pg'],
    'ConfigCompositionException',
    'Multiple values for db',
    'override db',
  ],
  ['defaults:\n- db: mysql\n', ['~server'], 'ConfigCompositionException', "Could not delete 'server'", ''],
  ['defaults:\n- db: mysql\n', ['~db=pg'], 'ConfigCompositionException', "Could not delete 'db=pg'", ''],
  ['defaults:\n- db: mysql\n', ['++db=pg'], 'ConfigCompositionException', 'force-add', '+db=… adds'],
  ['defaults:\n- db: ???\n', [], 'ConfigCompositionException', "You must specify 'db', e.g, db=<OPTION>", ''],
  ["defaults:\n- db: '${nope}'\n", [], 'ConfigCompositionException', 'cannot be resolved', 'from the last'],
  ['defaults:\n- config\n', [], 'ConfigCompositionException', 'in a circle: config → config', ''],
  [
    'defaults:\n- db: _self_\n',
    [],
    'ConfigCompositionException',
    "_self_ is no option of 'db'",
    'stands alone',
  ],
  ['defaults:\n- /:\n', [], 'ConfigCompositionException', 'a group without a name', ''],
  ["defaults: '${nope}'\n", [], 'ConfigCompositionException', "'nope' not found", ''],
  ["a: '${hydra:job.name}'\n", ['+a='], 'ConfigCompositionException', 'Error merging override +a=', ''],
  ["defaults: '${a}'\na: 3\n", [], 'ValueError', 'defaults must be a list, this is a int', ''],
  ['defaults:\n- nope\n- db: _self_\n', [], 'MissingConfigException', "Could not find 'nope'", ''],
  ["defaults:\n- db: '${nope}'\n- db: _self_\n", [], 'ConfigCompositionException', '_self_ is no option', ''],
  ['defaults:\n- _self_\n- _self_\n', [], 'ConfigCompositionException', 'Duplicate _self_', ''],
  [
    'defaults:\n- override db: pg\n- db: mysql\n',
    [],
    'ConfigCompositionException',
    'is defined before',
    'at the end',
  ],
  ['defaults: x\n', [], 'ValueError', 'defaults must be a list', ''],
  ['defaults:\n- 1\n', [], 'ValueError', "text or 'group: option', this is a int", ''],
  ['defaults:\n- {a: b, c: d}\n', [], 'ValueError', 'has one key, this one has 2', ''],
  ['defaults:\n- db: {a: 1}\n', [], 'ValueError', 'an option is text, null or a list of texts', ''],
  ['defaults:\n- db: mysql\n', ['db=1'], 'ValueError', "'db' is a group", ''],
  ['defaults:\n- db: mysql\n', ['db=null'], 'ValueError', "'db' is a group", '~db'],
  ['defaults:\n- db: mysql\n', ['db=[1]'], 'TypeError', 'are texts, one of them is 1', ''],
])('%j with %j', (text, overrides, type, message, hint) => {
  const error = refusal(() => compose({ ...FILES, 'config.yaml': text }, overrides));
  expect(error.type).toBe(type);
  expect(error.message).toContain(message);
  expect(error.details.hint ?? '').toContain(hint);
});

test('an option that nothing uses is not looked at', () => {
  const error = refusal(() => compose({ 'config.yaml': 'a: 1\n', 'db/x.yaml': '' }, ['db=[1]']));
  expect(error.message).toContain("Could not override 'db'");
});

test('a file extends what a program registers under its name', () => {
  const files = { 'config.yaml': 'defaults:\n- db: a\n', 'db/a.yaml': 'port: 2\n' };
  const composed = (value: Value): string =>
    treeOf(files, { store: new Map([['db/a', { kind: 'data', value }]]) })
      .compose('config')
      .yaml();
  const plain = Dict.from<Value>([
    ['host', 'h'],
    ['port', 1n],
  ]);
  expect(composed(plain)).toBe('db:\n  host: h\n  port: 2\n');
  expect(refusal(() => composed(Dict.from<Value>([['defaults', []]]))).message).toContain(
    'with a defaults list',
  );
});

test('what a program registers has one name: . and .. lead nowhere there', () => {
  const store = new Map([['db/a', { kind: 'data' as const, value: Dict.from<Value>([['host', 'h']]) }]]);
  const composed = (path: string): string =>
    treeOf({ 'config.yaml': `defaults:\n- ${path}\n` }, { store })
      .compose('config')
      .yaml();
  expect(composed('db/a')).toBe('db:\n  host: h\n');
  for (const path of ['./db/a', 'db/../db/a'])
    expect(refusal(() => composed(path)).type).toBe('MissingConfigException');
});

test('a defaults list may stand elsewhere in its file, or not yet anywhere', () => {
  const composed = (text: string): string =>
    treeOf({ 'config.yaml': text, 'db/a.yaml': 'port: 2\n' }).compose('config').yaml();
  expect(composed("defaults: '${lists.one}'\nlists: {one: [{db: a}]}\n")).toBe(
    'db:\n  port: 2\nlists:\n  one:\n  - db: a\n',
  );
  expect(composed('defaults: ???\na: 1\n')).toBe('a: 1\n');
});

test('nobody’s file is called as the configuration of Hydra itself', () => {
  const error = refusal(() => compose({ 'config.yaml': '', 'hydra/config.yaml': 'a: 1\n' }));
  expect(error.type).toBe('ConfigCompositionException');
});
