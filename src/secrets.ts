/**
 * What looks like a secret: by the name it goes under, or by its shape. A guess in both directions;
 * it decides what is shown, never what is executed. Imports nothing.
 */

export const REDACTED = '<redacted>';

const SECRET_WORD =
  '(?:PASS(?:WORD|WD|PHRASE)?|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS?|AUTH|COOKIE|SESSION|DSN|CONN(?:ECTION)?_?STR(?:ING)?|SAS)';
const SECRET_NAME = new RegExp(`(?:^|_)${SECRET_WORD}(?:_|$)`, 'i');
const ENDS_SECRET = new RegExp(`(?:^|_)${SECRET_WORD}$`, 'i');

/** Each matches the secret itself, so that the text around it stays readable. */
const SHAPES: readonly RegExp[] = [
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g,
  /(?<=:\/\/)[^/\s:@]*:[^/\s@]+(?=@)/g,
  /(?<=:\/\/)(?:gh[pousr]_|github_pat_|glpat-)[^/\s:@]+(?=@)/g,
  /(?<![A-Za-z0-9])(?:AKIA|ASIA)[0-9A-Z]{16}(?![A-Za-z0-9])/g,
  /(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{16,}/g,
  /(?<![A-Za-z0-9])github_pat_[A-Za-z0-9_]{16,}/g,
  /(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{16,}/g,
  /(?<![A-Za-z0-9])hf_[A-Za-z0-9]{16,}/g,
  /(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{16,}/g,
  /(?<![A-Za-z0-9])xox[a-z]-[A-Za-z0-9-]{8,}/g,
  /(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}/g,
  /(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g,
  /(?<=\b(?:bearer|basic|token) )[A-Za-z0-9._~+/=-]{12,}/gi,
];

/** Whether a variable, flag or config key of this name holds a secret: `HF_TOKEN`, `--api-key`, `db.password`, `apiKey`. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(words(name));

/** Whether a value has a secret's shape, whatever it is called. */
export const isSecretValue = (value: string): boolean => SHAPES.some((shape) => value.search(shape) >= 0);

/** The text with everything that has a secret's shape replaced. */
export const redactText = (text: string): string =>
  SHAPES.reduce((redacted, shape) => redacted.replace(shape, REDACTED), text);

/**
 * A command line for display, of the same length: `--api-key X`, `--api-key=X`, `db.password=X`, `NAME_TOKEN=X`
 * and every value with a secret's shape. A plain number or switch under a name that merely contains such a word
 * (`model.token_dim=512`) stays.
 */
export function redactArgv(argv: readonly string[]): string[] {
  let flag = '';
  return argv.map((word) => {
    const pair = /^([+~]{0,2}-{0,2}[A-Za-z_][\w.@/-]*)=([\s\S]*)$/.exec(word);
    const waiting = flag;
    flag = !pair && /^--?[A-Za-z]/.test(word) ? word : '';
    if (pair) return `${pair[1]}=${redactUnder(pair[1]!, pair[2]!)}`;
    if (waiting !== '' && flag === '' && isSecretName(waiting)) return redactUnder(waiting, word);
    return redactPairs(word);
  });
}

/** Whether the command line would be shown otherwise than it is. */
export const holdsSecret = (argv: readonly string[]): boolean =>
  redactArgv(argv).some((word, n) => word !== argv[n]);

/** Pairs inside a word: `sh -c 'cd x; API_KEY=… python train.py --token …'`, `db={user: me, password: …}`, JSON. */
const redactPairs = (text: string): string =>
  redactText(text)
    .replace(
      /(?<![\w.-])(["']?)([A-Za-z_][\w.-]*)\1(\s{0,9}[:=]\s{0,9})("[^"]*"|'[^']*'|[^\s"',;}&]+)/g,
      (whole, quote: string, name: string, between: string, value: string) =>
        isSecretName(name) ? `${quote}${name}${quote}${between}${redactUnder(name, value)}` : whole,
    )
    .replace(
      /(?<![\w-])(--[A-Za-z][\w-]*)(\s{1,9})([^\s-]\S*)/g,
      (whole, flag: string, blank: string, value: string) =>
        isSecretName(flag) ? `${flag}${blank}${redactUnder(flag, value)}` : whole,
    );

function redactUnder(name: string, value: string): string {
  if (value === '' || !isSecretName(name)) return redactPairs(value);
  const harmless = /^(?:[+-]?[\d.]+(?:e[+-]?\d+)?|true|false|null|none)$/i.test(value);
  return harmless && !ENDS_SECRET.test(words(name)) ? value : REDACTED;
}

const words = (name: string): string =>
  name
    .replace(/^[+~-]+/, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_');
