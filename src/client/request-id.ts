import { randomBytes } from 'node:crypto';

/** Of a change: the daemon answers a repeat within a day with the first answer, so a broken call may be sent again. */
export const requestId = (): string => randomBytes(16).toString('hex');
