import { expect, test } from 'vitest';
import { compose, type Files, refusal } from './trees.js';

const FILES: Files = {
  'config.yaml': 'defaults:\n- model: small\n- _self_\nlr: 0.1\n',
  'model/small.yaml': 'width: 1\n',
  'model/large.yaml': 'width: 2\n',
  'broken/quote.yaml': 'a: 1\nb: "never\n',
  'broken/tab.yaml': 'a:\n\tb: 1\n',
  'broken/twice.yaml': 'a: 1\nb: 2\na: 3\n',
  'broken/tag.yaml': 'a: !what 1\n',
  'broken/interpolation.yaml': 'a:\n  - x\n  - pre ${b\n',
  'broken/header.yaml': '# @package a b\n',
};

/** Each with the place that is shown, and the line that the caret stands under. */
test.each<[string, string, number, number, string]>([
  ['+broken=quote', 'ScannerError', 2, 4, 'b: "never'],
  ['+broken=tab', 'ScannerError', 2, 1, '\tb: 1'],
  ['+broken=twice', 'ConstructorError', 3, 1, 'a: 3'],
  ['+broken=tag', 'ConstructorError', 1, 4, 'a: !what 1'],
  ['+broken=interpolation', 'ConfigCompositionException', 3, 5, '  - pre ${b'],
])('%s points at its place', (override, type, line, column, source) => {
  const error = refusal(() => compose(FILES, [override]));
  expect(error.type).toBe(type);
  expect(error.details.place).toEqual({ file: `conf/broken/${override.split('=')[1]}.yaml`, line, column });
  expect(error.details.source).toBe(source);
});

test('of an override the caret stands under what cannot be read', () => {
  const error = refusal(() => compose(FILES, ['lr=[1,2']));
  expect(error.type).toBe('OverrideParseException');
  expect(error.details).toMatchObject({ place: { line: 1, column: 8 }, source: 'lr=[1,2' });
});

test('the nearest name is offered, and all there are', () => {
  const option = refusal(() => compose(FILES, ['model=lagre']));
  expect(option.details.hint).toBe("did you mean 'model/large'?");
  expect(option.details.available).toEqual(['large', 'small']);
  const key = refusal(() => compose(FILES, ['model.widht=3']));
  expect(key.details.hint).toBe("did you mean 'width'?");
  const config = refusal(() => compose({ 'confg.yaml': '' }));
  expect(config.type).toBe('MissingConfigException');
  expect(config.details.hint).toContain('confg');
});

test.each<[string, string]>([
  ['lr=1,2', "Ambiguous value for argument 'lr=1,2'"],
  ['lr=choice(1,2)', "Sweep parameters 'lr=choice(1,2)' requires --multirun"],
  ['lr=range(3)', "Sweep parameters 'lr=range(3)' requires --multirun"],
])('%s needs a sweep', (override, message) => {
  expect(refusal(() => compose(FILES, [override])).message).toBe(message);
});

test('a message never repeats its cause', () => {
  const error = refusal(() => compose(FILES, ['+broken=interpolation']));
  expect(error.message).not.toContain('\n');
  expect(error.cause).toBeInstanceOf(Error);
});
