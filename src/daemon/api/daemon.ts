import {
  type BackupRequest,
  type BackupResponse,
  CheckLevel,
  type DaemonServer,
  type DoctorRequest,
  type DoctorResponse,
  type DrainRequest,
  type DrainResponse,
  type InfoRequest,
  type InfoResponse,
  type Setting,
  type ShowConfigRequest,
  type ShowConfigResponse,
  type ShutdownRequest,
  type ShutdownResponse,
} from '../../gen/expd/v1/daemon.js';
import { PROTOCOL } from '../../protocol.js';
import type { Queue } from '../queue/queue.js';
import type { Calls } from './call.js';
import { checkedPath } from './limits.js';
import { succeeded } from './results.js';

/** What the service of the daemon asks of the rest of it. */
export interface DaemonPorts {
  calls: Calls;
  queue: Pick<Queue, 'execute' | 'backup'>;
  /** What changes from call to call comes from the call; the rest is known since the start. */
  info(): Omit<InfoResponse, 'protocol' | 'pid' | 'rssBytes' | 'nodeVersion'>;
  doctor(): Promise<Finding[]>;
  /** Stops what runs, to be queued again. */
  stopAll(): Promise<void>;
  settings(): Setting[];
  /** Size of a file in bytes. */
  sizeOf(path: string): Promise<number>;
  /** Asks the daemon to end, after this answer is on its way. */
  shutDown(): void;
}

export interface Finding {
  id: string;
  level: 'ok' | 'warn' | 'fail';
  message: string;
  hint: string;
}

const LEVELS: Readonly<Record<Finding['level'], CheckLevel>> = {
  ok: CheckLevel.CHECK_LEVEL_OK,
  warn: CheckLevel.CHECK_LEVEL_WARN,
  fail: CheckLevel.CHECK_LEVEL_FAIL,
};

export function daemonService(ports: DaemonPorts): DaemonServer {
  const { calls } = ports;
  // Callers of another protocol version must be able to see that, and to end this daemon.
  const anyProtocol = true;
  return {
    info: calls.unary<InfoRequest, InfoResponse>('Daemon.Info', () => info(ports), { anyProtocol }),
    doctor: calls.unary<DoctorRequest, DoctorResponse>('Daemon.Doctor', async () => ({
      checks: (await ports.doctor()).map((finding) => ({ ...finding, level: LEVELS[finding.level] })),
    })),
    drain: calls.unary<DrainRequest, DrainResponse>('Daemon.Drain', (request) => drain(ports, request)),
    shutdown: calls.unary<ShutdownRequest, ShutdownResponse>('Daemon.Shutdown', () => shutDown(ports), {
      anyProtocol,
    }),
    backup: calls.unary<BackupRequest, BackupResponse>('Daemon.Backup', (request) => backup(ports, request), {
      withinMs: null,
    }),
    showConfig: calls.unary<ShowConfigRequest, ShowConfigResponse>('Daemon.ShowConfig', () => ({
      settings: ports.settings(),
    })),
  };
}

const info = (ports: DaemonPorts): InfoResponse => ({
  ...ports.info(),
  protocol: PROTOCOL,
  pid: process.pid,
  nodeVersion: process.version,
  rssBytes: process.memoryUsage.rss(),
});

async function drain(ports: DaemonPorts, { requestId, on, requeue }: DrainRequest): Promise<DrainResponse> {
  const command = { do: 'setFact' as const, name: 'draining' as const, value: String(on) };
  succeeded(await ports.queue.execute({ requestId: requestId || null, commands: [command] }));
  if (on && requeue) await ports.stopAll();
  return { running: ports.info().running };
}

function shutDown(ports: DaemonPorts): ShutdownResponse {
  setImmediate(ports.shutDown);
  return { pid: process.pid };
}

async function backup({ queue, sizeOf }: DaemonPorts, { path }: BackupRequest): Promise<BackupResponse> {
  await queue.backup(checkedPath(path, 'file of the backup'));
  return { bytes: await sizeOf(path) };
}
