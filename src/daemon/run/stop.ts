/** Why an attempt is told to stop, the strongest first: a stronger one replaces a weaker one. */
export const STOP_REASONS = [
  'cancel',
  'timeout',
  'overMemory',
  'stall',
  'deviceLost',
  'preempt',
  'drain',
] as const;
export type StopReason = (typeof STOP_REASONS)[number];

export const strongerStop = (a: StopReason, b: StopReason): StopReason =>
  STOP_REASONS.indexOf(a) <= STOP_REASONS.indexOf(b) ? a : b;

/** Stops whose end is an interruption; of the others `cancel` ends the run and the rest are failures. */
export const interrupts = (reason: StopReason): boolean =>
  reason === 'stall' || reason === 'deviceLost' || reason === 'preempt' || reason === 'drain';
