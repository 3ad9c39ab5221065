import { double, int, nested, optional } from './message.js';

/** Field numbers of tensorboard/compat/proto/event.proto. */
export const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7, source: 10 } as const;
export const SESSION_LOG = { status: 1, checkpointPath: 2, message: 3 } as const;
/** SessionLog.SessionStatus, in the order of its numbers. */
export const SESSION_STATUS = ['unspecified', 'start', 'stop', 'checkpoint'] as const;
export type SessionStatus = (typeof SESSION_STATUS)[number];

/** Of which TensorBoard reads `START` as a restart. */
export const FILE_VERSION = 'brain.Event:2';

/** When and at what step something was logged; the time in seconds since 1970. */
export interface Moment {
  wallTime: number;
  step: number;
}

/** @throws RangeError: TensorBoard gives up a file in which one of these is wrong. */
export function checkMoment(step: number, wallTime: number): void {
  if (!Number.isSafeInteger(step)) throw new RangeError(`a step is a whole number, not ${step}`);
  if (!Number.isFinite(wallTime)) throw new RangeError(`a wall time is seconds since 1970, not ${wallTime}`);
}

export const versionEvent = (wallTime: number): Uint8Array =>
  event(
    { wallTime, step: 0 },
    nested(EVENT.fileVersion, FILE_VERSION),
    nested(EVENT.source, nested(1, 'expd')),
  );

export interface SessionDetails {
  checkpointPath?: string;
  message?: string;
}

export const sessionEvent = (
  moment: Moment,
  status: SessionStatus,
  { checkpointPath, message }: SessionDetails = {},
): Uint8Array =>
  event(
    moment,
    nested(
      EVENT.sessionLog,
      int(SESSION_LOG.status, SESSION_STATUS.indexOf(status)),
      ...optional(checkpointPath, (path) => nested(SESSION_LOG.checkpointPath, path)),
      ...optional(message, (text) => nested(SESSION_LOG.message, text)),
    ),
  );

/** `values`: encoded Summary.Values, each with its key. */
export const summaryEvent = (moment: Moment, values: readonly Uint8Array[]): Uint8Array =>
  event(moment, nested(EVENT.summary, ...values));

function event({ wallTime, step }: Moment, ...what: Uint8Array[]): Uint8Array {
  checkMoment(step, wallTime);
  return Buffer.concat([
    double(EVENT.wallTime, wallTime),
    ...(step === 0 ? [] : [int(EVENT.step, step)]),
    ...what,
  ]);
}
