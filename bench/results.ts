import { type Finding, figure, shown, verdict } from './finding.js';
import { REASONS } from './reasons.js';

const WORDS = { goal: 'holds, goal reached', holds: 'holds', misses: '**misses**' };

/** For the terminal. */
export const line = (finding: Finding): string =>
  `${finding.title}\n    ${finding.ours}   ${finding.beside}\n    ${shown(finding.value, finding.unit)}, must be ≤ ${figure(finding.must)}${finding.goal === undefined ? '' : `, goal ${finding.goal}`}: ${WORDS[verdict(finding)].replaceAll('*', '')}${finding.remark ? `   [${finding.remark}]` : ''}`;

/** bench/RESULTS.md. */
export function results(
  facts: readonly (readonly [string, string])[],
  findings: readonly Finding[],
  failures: readonly string[],
): string {
  const missing = findings.filter((finding) => verdict(finding) === 'misses');
  return `${[
    '# Results',
    '',
    'Written by `npm run bench`. The contenders take turns; a figure is the median of the rounds, in brackets the smallest',
    'and the largest round; a ratio is taken round by round. The state lies on a real disk, the environment has 100',
    'variables (16 KB), the project is a git tree of 2,000 files with a diff, run directories are written whole.',
    '',
    ...facts.map(([name, value]) => `- ${name}: ${value}`),
    '',
    ...table(findings),
    ...(missing.length === 0
      ? []
      : [
          '## What misses, and why',
          '',
          ...missing.map(({ id, title }) => `- ${title}: ${REASONS[id] ?? 'not known yet'}`),
          '',
        ]),
    ...(failures.length === 0
      ? []
      : ['## What could not be measured', '', ...failures.map((one) => `- ${one}`), '']),
  ]
    .join('\n')
    .trimEnd()}\n`;
}

/** Lines of Markdown, with an empty one at the end. */
export const table = (findings: readonly Finding[]): string[] => [
  '| what | expd | beside it | judged | must | goal | |',
  '|---|---|---|---|---|---|---|',
  ...findings.map(row),
  '',
  ...findings.flatMap(({ title, remark }) => (remark ? [`- ${title}: ${remark}`] : [])),
  '',
];

/** The file with one of its parts, which begin with a `# heading`, written anew. */
export function replacePart(file: string, heading: string, part: string): string {
  const parts = file.split(/^(?=# )/m).filter((one) => one.trim() !== '');
  const at = parts.findIndex((one) => one.startsWith(`${heading}\n`));
  return parts
    .toSpliced(at < 0 ? parts.length : at, at < 0 ? 0 : 1, part)
    .map((one) => `${one.trimEnd()}\n`)
    .join('\n');
}

const row = (finding: Finding): string =>
  `| ${[
    finding.title,
    finding.ours,
    finding.beside,
    shown(finding.value, finding.unit),
    `≤ ${figure(finding.must)}`,
    finding.goal === undefined ? '' : `≤ ${figure(finding.goal)}`,
    WORDS[verdict(finding)],
  ].join(' | ')} |`;
