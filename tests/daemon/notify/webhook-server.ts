import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Notification } from '../../../src/daemon/store/stored.js';

export type Answer = (request: IncomingMessage, response: ServerResponse, told: Notification) => void;

/** A web server on a port of its own that keeps what it is told. */
export async function webhookServer(answer: Answer = (_, response) => void response.end()) {
  const told: Notification[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const notification: Notification = JSON.parse(body);
      told.push(notification);
      answer(request, response, notification);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  // Listening on TCP, so the address is no path.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    told,
    ids: () => told.flatMap((one) => ('run' in one ? [one.run.id] : [])),
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
