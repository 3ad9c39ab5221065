import { type Check, CheckLevel, DaemonService } from '../../gen/expd/v1/daemon.js';
import { PATIENT_MS } from '../connect.js';
import { failureOf } from '../errors.js';
import type { Colour } from '../render/output.js';
import { plain } from '../render/plain.js';
import { type Context, verb } from '../verb.js';

const LEVELS: Readonly<Record<number, { word: string; mark: string; colour: Colour }>> = {
  [CheckLevel.CHECK_LEVEL_OK]: { word: 'ok', mark: 'ok  ', colour: 'green' },
  [CheckLevel.CHECK_LEVEL_WARN]: { word: 'warn', mark: 'warn', colour: 'yellow' },
  [CheckLevel.CHECK_LEVEL_FAIL]: { word: 'fail', mark: 'FAIL', colour: 'red' },
};
const UNKNOWN = { word: 'unknown', mark: '?   ', colour: 'yellow' } as const;

export const doctor = verb({
  name: 'doctor',
  operands: '',
  takes: [0, 0],
  summary: 'what can be wrong on this machine, and what to do about it; exit code 1 when something is',
  flags: {},
  examples: [['expctl doctor', 'look at everything']],
  async run(context) {
    const checks = await examine(context);
    const level = ({ level }: Check) => LEVELS[level] ?? UNKNOWN;
    return {
      json: {
        checks: checks.map((check) => ({
          id: check.id,
          level: level(check).word,
          message: check.message,
          hint: check.hint || null,
        })),
      },
      text: ({ paint }) =>
        checks.flatMap((check) => [
          `${paint(level(check).colour, level(check).mark)}  ${plain(check.message)}`,
          ...(check.hint === '' ? [] : [`      ${plain(check.hint)}`]),
        ]),
      exit: checks.some(({ level }) => level === CheckLevel.CHECK_LEVEL_FAIL) ? 1 : 0,
    };
  },
});

/** The daemon does the looking; that it cannot be had is a finding, too. */
async function examine({ daemon }: Context): Promise<Check[]> {
  try {
    return (await daemon.call(DaemonService.doctor, {}, PATIENT_MS)).checks;
  } catch (error) {
    const { code, message, hint } = failureOf(error);
    if (code === 'internal') throw error;
    return [{ id: 'daemon', level: CheckLevel.CHECK_LEVEL_FAIL, message, hint }];
  }
}
