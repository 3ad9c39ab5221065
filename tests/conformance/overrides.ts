import { Choice, type Element, Glob, Interval, Quoted, Range } from '../../src/hydra/override/element.js';
import { parseOverride, RULES } from '../../src/hydra/override/grammar.js';
import {
  isSweepOverride,
  keyElement,
  type Override,
  overrideText,
  parseOverrides,
  valueKind,
} from '../../src/hydra/override/override.js';
import { sweepTexts } from '../../src/hydra/override/sweep.js';
import { dictText, type Json, toTyped } from '../../src/hydra/typed-json.js';
import { Dict } from '../../src/hydra/value.js';

const TYPES = { change: 'CHANGE', add: 'ADD', forceAdd: 'FORCE_ADD', delete: 'DEL' } as const;

export function answerParse(rule: string, input: string): Json {
  if (rule === 'override') return describe(parseOverride(input));
  const run = RULES[rule as keyof typeof RULES];
  const found = run(input);
  if (found !== null && typeof found === 'object' && 'key' in found)
    return { value: { $key: found.key, package: found.package } };
  return { value: elementJson(found as Element) };
}

function describe(override: Override): Json {
  const kind = valueKind(override);
  return {
    type: TYPES[override.operation],
    key_or_group: override.key,
    package: override.package,
    value_type: kind,
    value: elementJson(override.value ?? null),
    key_element: keyElement(override),
    input_line: override.input,
    ...(isSweepOverride(override) ? sweepStrings(override) : valueText(override)),
  };
}

/** Not of a sweep within a list. */
function valueText(override: Override): { [key: string]: Json } {
  try {
    return { value_element_as_str: overrideText(override) };
  } catch {
    return {};
  }
}

/** Longer sweeps are not written out. */
const MANY = 2000;

/** Not of what comes in random order, or out of a group. */
function sweepStrings(override: Override): { [key: string]: Json } {
  const { value } = override;
  if (value instanceof Interval || value instanceof Glob) return {};
  if ((value instanceof Choice || value instanceof Range) && value.shuffled) return {};
  const found: string[] = [];
  try {
    for (const text of sweepTexts(override, () => [])) {
      if (found.length >= MANY) return {};
      found.push(text);
    }
  } catch {
    return {};
  }
  return { sweep_strings: found };
}

export function elementJson(element: Element): Json {
  if (element instanceof Quoted)
    return { $quoted: element.text, quote: element.quote === "'" ? 'single' : 'double' };
  if (element instanceof Choice)
    return {
      $choice: element.items.map(elementJson),
      simple_form: element.simple,
      shuffle: element.shuffled,
      tags: [...element.tags].sort(),
    };
  if (element instanceof Range)
    return {
      $range: [element.start, element.stop, element.step].map(toTyped),
      shuffle: element.shuffled,
      tags: [...element.tags].sort(),
    };
  if (element instanceof Interval)
    return { $interval: [element.start, element.end].map(toTyped), tags: [...element.tags].sort() };
  if (element instanceof Glob)
    return {
      $glob: { include: element.include.map(elementJson), exclude: element.exclude.map(elementJson) },
    };
  if (Array.isArray(element)) return element.map(elementJson);
  return element instanceof Dict
    ? JSON.parse(dictText(element, (item) => JSON.stringify(elementJson(item))))
    : toTyped(element);
}

export const parsed = (words: readonly string[]): Override[] => parseOverrides(words);
