import { expect, test } from 'vitest';
import { parseMetricsLine } from '../../../src/daemon/metrics/metrics-line.js';

const point = (fields: object) => ({ kind: 'point', step: 3, values: [], at: null, total: null, ...fields });
const { POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minusInf, NaN: nan } = Number;

test.each([
  [
    '{"step":3,"train/loss":0.31,"lr":1e-3}',
    point({
      values: [
        ['train/loss', 0.31],
        ['lr', 0.001],
      ],
    }),
  ],
  ['{"step": 3.0, "t": 1795704566.5, "total_steps": 100}', point({ at: 1795704566.5, total: 100 })],
  [
    '{"step":3,"a":"nan","b":"-inf","c":"Infinity"}',
    point({
      values: [
        ['a', nan],
        ['b', minusInf],
        ['c', inf],
      ],
    }),
  ],
  [
    '{"step": 3, "a": NaN, "b": -Infinity, "c": Infinity}',
    point({
      values: [
        ['a', nan],
        ['b', minusInf],
        ['c', inf],
      ],
    }),
  ],
  [
    '{"step": 3, "a NaN": 1, "b": NaN}',
    point({
      values: [
        ['a NaN', 1],
        ['b', nan],
      ],
    }),
  ],
  ['{"step":3,"name":"x","none":null,"nested":{"a":1},"list":[1],"yes":true,"":1}', point({})],
  ['{"step":3,"__proto__":1}', point({ values: [['__proto__', 1]] })],
  ['{"step":3,"t":1e300}', point({})],
  ['{"step":3,"t":1795704566500}', point({})], // milliseconds
  ['{"step":3,"a":1}\r', point({ values: [['a', 1]] })],
  ['{"event":"done"}', { kind: 'event', event: 'done', fields: { event: 'done' } }],
  ['', { kind: 'blank' }],
  [' \t\r', { kind: 'blank' }],
  ['{"step":3,"a":', { kind: 'bad', why: 'it is not JSON' }],
  ['{"step":3}{"step":4}', { kind: 'bad', why: 'it is not JSON' }],
  ['loss NaN', { kind: 'bad', why: 'it is not JSON' }],
  ['[1]', { kind: 'bad', why: 'it is no JSON object' }],
  ['null', { kind: 'bad', why: 'it is no JSON object' }],
  ['{"loss":1}', { kind: 'bad', why: 'it has no step' }],
  ['{"step":1.5}', { kind: 'bad', why: 'its step is no whole number' }],
  ['{"step":-1}', { kind: 'bad', why: 'its step is no whole number' }],
  ['{"step":1e300}', { kind: 'bad', why: 'its step is no whole number' }],
])('%s', (text, expected) => {
  expect(parseMetricsLine(text)).toEqual(expected);
});
