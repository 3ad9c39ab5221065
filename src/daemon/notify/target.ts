import { createHash } from 'node:crypto';

/** Who is told, and of what. */
export type Target = ({ command: string[]; url?: never } | { url: string; command?: never }) & {
  on?: string[];
};

/** A name that stays the same while the target does. */
export function targetKey({ command, url, on }: Target): string {
  return createHash('sha256')
    .update(JSON.stringify([command ?? url, on ?? null]))
    .digest('hex')
    .slice(0, 16);
}

/** For the log: URLs and arguments may hold secrets. */
export function showTarget({ command, url }: Target): string {
  return command ? `command ${command[0]}` : `webhook ${new URL(url).host}`;
}

export const wants = ({ on }: Target, event: string): boolean => on === undefined || on.includes(event);
