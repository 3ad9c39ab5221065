import type { InfoResponse } from '../../gen/expd/v1/daemon.js';
import type { Answer } from './output.js';
import { plain } from './plain.js';
import { isoTime, span } from './time.js';

export const infoJson = (info: InfoResponse) => ({
  running: true,
  pid: info.pid,
  version: info.version,
  protocol: info.protocol,
  startedAt: isoTime(info.startedAtMs),
  stateDir: info.stateDir,
  socket: info.socket,
  settingsFile: info.settingsFile,
  logFile: info.logFile || null,
  nodeVersion: info.nodeVersion,
  shimVersion: info.shimVersion,
  hostname: info.hostname,
  slots: info.slots,
  runsRunning: info.running,
  runsQueued: info.queued,
  draining: info.draining,
  notices: info.notices,
  rssBytes: info.rssBytes,
  installed: info.installed,
});

export const daemonStatus = (info: InfoResponse): Answer => ({
  json: infoJson(info),
  text: ({ now, paint }) => {
    const rows = [
      ['pid', `${info.pid}, up ${span(now - info.startedAtMs)}, ${Math.round(info.rssBytes / 2 ** 20)} MiB`],
      ['version', `${info.version} (node ${info.nodeVersion}, ${info.shimVersion})`],
      ['runs', `${info.running} running, ${info.queued} queued, ${info.slots} at a time`],
      ['state', info.stateDir],
      ['settings', info.settingsFile],
      ['socket', info.socket],
      ['log', info.logFile],
      ['at boot', info.installed ? 'yes' : 'no; expctl daemon install'],
    ] as const;
    return [
      `the daemon runs${info.draining ? ', draining: nothing more starts until expctl daemon undrain' : ''}`,
      ...rows
        .filter(([, value]) => value !== '')
        .map(([title, value]) => `  ${paint('dim', title.padEnd(8))}  ${plain(value)}`),
    ];
  },
  warnings: info.notices,
});
