import type { Random } from '../../../helpers/random.js';
import type { Question } from '../oracle.js';
import { between, percent, some, words } from './dice.js';
import {
  elementText,
  functionText,
  keyText,
  listText,
  mappingText,
  overrideText,
  primitiveText,
  valueText,
} from './override-texts.js';

// Questions about overrides that are read, and about sweeps over them.

const RULES: Readonly<Record<string, (random: Random) => string>> = {
  override: overrideText,
  value: valueText,
  element: (random) => elementText(random, 0),
  primitive: primitiveText,
  function: (random) => functionText(random),
  listContainer: (random) => listText(random),
  dictContainer: (random) => mappingText(random),
  simpleChoiceSweep: valueText,
  key: keyText,
  packageOrGroup: keyText,
  package: keyText,
};

export function parseQuestion(random: Random): Question {
  const rule = percent(random, 60) ? 'override' : random.of(Object.keys(RULES));
  const input = RULES[rule]!(random);
  return SHUFFLED.test(input) ? parseQuestion(random) : { kind: 'override_parse', rule, input };
}

/** A list that is shuffled when it is read: no two readings are alike. */
const SHUFFLED = /shuffle\([^)]*\[/;

const SWEPT = words(
  `1,2 a,b 1e-3,0.1 choice(1,2) choice(a,b,c) range(3) range(1,4) range(0,1,0.25) range(3,0,-1) range(2,8,2) 'a,b',c [1,2],[3] {a:1},{a:2}
  sort(3,1,2) sort(choice(b,a)) sort(range(3),reverse=true) tag(t,choice(1,2)) int(1.5,2.5) str(range(3)) float(range(2)) true,false null,1
  glob(*) glob([a*,b*]) glob(*,exclude=a*) glob(?) interval(0,1) x 1 [1,2] 'a' "" a\\\\,b a:b 1.0 -0.0 true \${x} \${x},\${y} choice(1) range(0)
  range(5,1) bool(0,1) 007,1_000 inf,nan`,
);

const swept = (random: Random): string =>
  `${random.of(['', '', '', '+', '++', '~'])}${random.of(words('a b c g g/h a.b g@p lr hydra.x'))}=${percent(random, 80) ? random.of(SWEPT) : ordered(random)}`;

/** What comes in a random order cannot be compared. */
function ordered(random: Random): string {
  const text = valueText(random);
  return text.includes('shuffle') ? random.of(SWEPT) : text;
}

const sweep = (random: Random): Question => ({
  kind: 'sweep',
  overrides: some(random, 3, () => swept(random)),
  params: Object.fromEntries(
    some(random, 2, () => [
      random.of(['a', 'b', 'c', '+d', 'g']),
      percent(random, 80) ? random.of(SWEPT) : random.of([1, '1,2', 'x']),
    ]),
  ),
  max_batch_size: random.of([null, null, null, 1, 2, 3, 100]),
  group_options: { g: ['a1', 'b1', 'a2', 'c'], 'g/h': ['x'], a: ['1', 'b'] },
});

const dirname = (random: Random): Question => ({
  kind: 'override_dirname',
  overrides: some(random, 5, () => overrideText(random)),
  exclude_keys: some(random, 2, () => random.of(['a', 'b', 'lr', 'a.b', 'model/db', 'nope', '+a'])),
  item_sep: random.of([',', ',', '_', '', ' ', '/', '\\']),
  kv_sep: random.of(['=', '=', '-', '', ':', '==', '_']),
});

export const sweepQuestion = (random: Random): Question =>
  percent(random, 75) ? sweep(random) : dirname(random);

/** Words that jobs of a sweep can take turns in. */
export const sweptValue = (random: Random): string => random.of(SWEPT);
export const sweptWords = (random: Random): string[] => between(random, 1, 2, () => swept(random));
