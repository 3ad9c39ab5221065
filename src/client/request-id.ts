import { readFileSync } from 'node:fs';

/**
 * Of a change: the daemon answers a repeat within a day with the first answer, so a broken call may be sent again.
 * The kernel's own random UUID (random(4)): loading node:crypto for it would cost more than the call.
 */
export const requestId = (): string => readFileSync('/proc/sys/kernel/random/uuid', 'latin1').trim();
