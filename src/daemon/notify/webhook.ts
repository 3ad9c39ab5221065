import type { Notification } from '../store/stored.js';
import { limited } from './limit.js';

/**
 * Posts the JSON. Redirects are not followed; proxies of the environment are not used.
 * @returns null when the answer's status was 2xx; else why not.
 */
export async function post(
  url: string,
  payload: Notification,
  limitMs: number,
  closing: AbortSignal,
): Promise<string | null> {
  // Loaded only where somebody has a webhook; fetch would bring megabytes more.
  const { request } = url.startsWith('https:') ? await import('node:https') : await import('node:http');
  const body = Buffer.from(`${JSON.stringify(payload)}\n`);
  return new Promise((resolve) => {
    const call = request(url, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', 'content-length': body.length, 'user-agent': 'expd' },
    });
    const clear = limited(limitMs, closing, (late) =>
      call.destroy(new Error(late ? `no answer within ${limitMs} ms` : 'the daemon is stopping')),
    );
    call.once('response', (answer) => {
      clear();
      // Only the status counts; a body without end shall not hold the connection.
      answer.on('error', () => undefined).destroy();
      const { statusCode = 0 } = answer;
      resolve(statusCode >= 200 && statusCode < 300 ? null : `answered ${statusCode}`);
    });
    call.on('error', (error) => {
      clear();
      resolve(error.message);
    });
    call.end(body);
  });
}
