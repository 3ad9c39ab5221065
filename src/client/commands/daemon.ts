import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { DaemonService, type InfoResponse } from '../../gen/expd/v1/daemon.js';
import { toggle } from '../arguments.js';
import { dial, notRunning, PATIENT_MS } from '../connect.js';
import { ClientError, failureOf, UNREACHABLE } from '../errors.js';
import { pause } from '../pause.js';
import { daemonStatus, infoJson } from '../render/daemon.js';
import { requestId } from '../request-id.js';
import { markStopped } from '../start.js';
import { type Context, verb } from '../verb.js';

const NONE = { operands: '', takes: [0, 0] as const, flags: {} };

const info = ({ daemon }: Context): Promise<InfoResponse> => daemon.call(DaemonService.info, {});

export const start = verb({
  ...NONE,
  name: 'daemon start',
  summary: 'start the daemon, when none runs',
  examples: [['expctl daemon start', 'through its unit where one is installed']],
  starts: 'always',
  async run(context) {
    const answer = await info(context);
    return { json: infoJson(answer), text: () => [`the daemon runs, pid ${answer.pid}`] };
  },
});

export const stop = verb({
  ...NONE,
  name: 'daemon stop',
  summary: 'end the daemon; runs go on, and only submit and daemon start start it again',
  examples: [['expctl daemon stop', 'the next daemon takes the runs over']],
  starts: 'never',
  async run(context) {
    const { daemon, places } = context;
    // Before it ends: a verb that runs beside must not start it again.
    const unmarked = existsSync(places.state) ? markStopped(places) : null;
    const { pid } = await daemon.call(DaemonService.shutdown, { requestId: requestId() }).catch((error) => {
      if (failureOf(error).code === 'unreachable') return { pid: 0 };
      throw error;
    });
    if (pid !== 0) await gone(context, pid);
    const text = pid === 0 ? 'no daemon runs' : `the daemon (pid ${pid}) ended; runs go on`;
    return {
      json: { pid: pid || null },
      text: () => [text],
      warnings: unmarked === null ? [] : [`warning: any verb will start it again: ${unmarked}`],
    };
  },
});

const PATIENCE_MS = 30_000;

async function gone({ places }: Context, pid: number): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const socket = await dial(places.socket);
    if (typeof socket === 'string' && !existsSync(`/proc/${pid}`)) return;
    if (typeof socket !== 'string') socket.destroy();
    if (performance.now() > until)
      throw new ClientError(
        'unreachable',
        `the daemon (pid ${pid}) does not end`,
        `its log says why; kill -9 ${pid}`,
      );
    await pause(10);
  }
}

export const status = verb({
  ...NONE,
  name: 'daemon status',
  summary: 'whether the daemon runs, and how it does',
  examples: [
    ['expctl daemon status --json', 'its pid and places, for a program; exit code 4 when none runs'],
  ],
  starts: 'never',
  async run(context) {
    const { places } = context;
    const socket = await dial(places.socket);
    if (typeof socket === 'string')
      return {
        json: { running: false, pid: null, socket: places.socket, stateDir: places.state },
        text: () => [notRunning(socket, places).message],
        exit: UNREACHABLE,
      };
    socket.destroy();
    return daemonStatus(await info(context));
  },
});

export const drain = verb({
  ...NONE,
  name: 'daemon drain',
  summary: 'start no more runs until undrain, also over restarts',
  flags: { requeue: toggle('stop what runs by its checkpoint, too; it resumes after undrain') },
  examples: [['expctl daemon drain', 'before maintenance; what runs goes on']],
  async run({ daemon }, { flags }) {
    const { running } = await daemon.call(DaemonService.drain, {
      requestId: requestId(),
      on: true,
      requeue: flags.requeue,
    });
    const rest =
      running === 0 ? 'nothing runs' : `${running} ${flags.requeue ? 'are being stopped' : 'go on'}`;
    return { json: { draining: true, running }, text: () => [`nothing more starts; ${rest}`] };
  },
});

export const undrain = verb({
  ...NONE,
  name: 'daemon undrain',
  summary: 'start runs again after drain',
  examples: [['expctl daemon undrain', 'the queue goes on']],
  async run({ daemon }) {
    const request = { requestId: requestId(), on: false, requeue: false };
    const { running } = await daemon.call(DaemonService.drain, request);
    return { json: { draining: false, running }, text: () => ['runs start again'] };
  },
});

export const backup = verb({
  ...NONE,
  name: 'daemon backup',
  operands: 'FILE',
  takes: [1, 1],
  summary: 'copy the database, as it is at one moment, to a file',
  examples: [['expctl daemon backup ~/expd.db', 'environments and secrets are not in it']],
  async run({ daemon, cwd }, { operands }) {
    const path = resolve(cwd(), operands[0]!);
    const { bytes } = await daemon.call(DaemonService.backup, { path }, PATIENT_MS);
    return { json: { path, bytes }, text: () => [`${path}: ${bytes} bytes`] };
  },
});

export const daemonInstall = verb({
  ...NONE,
  name: 'daemon install',
  summary: 'have the daemon started at boot: a user unit with lingering, without systemd a crontab line',
  examples: [['expctl daemon install', 'runs come back after a reboot']],
  starts: 'never',
  async run({ env }) {
    const { CannotInstall, install } = await import('../install.js');
    const { means, did, warnings } = await install(env).catch((error) => {
      if (error instanceof CannotInstall) throw new ClientError('not_installable', error.message, error.hint);
      throw error;
    });
    return {
      json: { means, did, warnings },
      text: () => (did.length === 0 ? [`it is installed already (${means})`] : did),
      warnings: warnings.map((warning) => `warning: ${warning}`),
    };
  },
});

export const daemonUninstall = verb({
  ...NONE,
  name: 'daemon uninstall',
  summary: 'have it started at boot no more; the daemon that runs goes on',
  examples: [['expctl daemon uninstall', 'removes the unit or the crontab line']],
  starts: 'never',
  async run({ env }) {
    const { uninstall } = await import('../install.js');
    const did = await uninstall(env);
    return { json: { did }, text: () => (did.length === 0 ? ['it was not installed'] : did) };
  },
});
