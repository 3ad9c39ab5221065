/** What programs call the number of steps that they will make. */
const NAMES = new Set([
  ...['steps', 'max_steps', 'num_steps', 'n_steps', 'total_steps', 'train_steps', 'max_train_steps'],
  ...['num_train_steps', 'training_steps', 'num_training_steps', 'total_training_steps', 'total_timesteps'],
  ...['iters', 'max_iters', 'num_iters', 'total_iters', 'iterations', 'max_iterations', 'num_iterations'],
]);

/**
 * How many steps a command will make, as far as its words tell: `--max-steps 500`, `trainer.steps=500`. The last word
 * counts. `config`: of a run with a configuration, where its words do not tell. null: nobody can tell.
 */
export function plannedSteps(words: readonly string[], config: unknown = null): number | null {
  let found: number | null = null;
  words.forEach((word, n) => {
    const [name = '', value] = word.split('=', 2);
    if (!isName(name.replace(/^(?:--?|\++)/, ''))) return;
    const said = value ?? (word.startsWith('-') ? words[n + 1] : undefined);
    if (said !== undefined) found = wholeNumber(said.replaceAll('_', '')) ?? found;
  });
  return found ?? onlyOne(inConfig(config));
}

const isName = (path: string): boolean =>
  NAMES.has(
    path
      .slice(path.lastIndexOf('.') + 1)
      .replaceAll('-', '_')
      .toLowerCase(),
  );

function* inConfig(node: unknown): Generator<number> {
  if (typeof node !== 'object' || node === null) return;
  for (const [name, value] of Object.entries(node))
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0 && isName(name)) yield value;
    else yield* inConfig(value);
}

function onlyOne(numbers: Iterable<number>): number | null {
  const distinct = new Set(numbers);
  return distinct.size === 1 ? [...distinct][0]! : null;
}

function wholeNumber(text: string): number | null {
  const number = /^\d+(?:e\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) && number > 0 ? number : null;
}
