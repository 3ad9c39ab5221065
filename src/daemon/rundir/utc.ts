/** Unix ms → `2026-01-31T12:00:00.000Z`. */
export const utc = (ms: number): string => new Date(ms).toISOString();
/** … → `20260131-120000`, for names. */
export const utcStamp = (ms: number): string => utc(ms).slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
