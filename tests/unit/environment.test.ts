import { expect, test } from 'vitest';
import { changeEnvironment, filterEnvironment } from '../../src/environment.js';

const SHELL = {
  HOME: '/home/ada',
  PATH: '/usr/bin',
  HF_TOKEN: 'x',
  CUDA_VISIBLE_DEVICES: '1',
  XDG_CONFIG_HOME: '/c',
  TERMINFO: '/t',
};
const DROPPED = {
  ...{
    EXPD_HOME: '1',
    EXPD_CUSTOM: '1',
    PWD: '1',
    OLDPWD: '1',
    SHLVL: '1',
    _: '1',
    TERM: '1',
    COLUMNS: '1',
    LINES: '1',
  },
  ...{
    TMUX: '1',
    TMUX_PANE: '1',
    STY: '1',
    SSH_AUTH_SOCK: '1',
    SSH_TTY: '1',
    DISPLAY: '1',
    WAYLAND_DISPLAY: '1',
  },
  ...{
    WINDOWID: '1',
    XDG_SESSION_ID: '1',
    XDG_RUNTIME_DIR: '1',
    DBUS_SESSION_BUS_ADDRESS: '1',
    NOTIFY_SOCKET: '1',
  },
  ...{ INVOCATION_ID: '1', JOURNAL_STREAM: '1', LISTEN_FDS: '1', LISTEN_PID: '1' },
};

test('everything but what belongs to the terminal, the login and the daemon', () => {
  expect(filterEnvironment({ ...SHELL, ...DROPPED, GONE: undefined })).toEqual({
    environment: SHELL,
    secrets: [],
  });
});

test('inside a run what the contract gave is not passed on', () => {
  const given = {
    WANDB_RUN_ID: '1',
    PYTHONUNBUFFERED: '1',
    MLFLOW_RUN_ID: '1',
    CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
  };
  const { CUDA_VISIBLE_DEVICES: _, ...own } = SHELL;
  expect(filterEnvironment({ ...SHELL, ...given, EXPD_RUN_ID: '7' }).environment).toEqual(own);
  expect(filterEnvironment({ ...SHELL, ...given }).environment).toEqual({ ...SHELL, ...given });
});

test('--env-drop and --no-secrets', () => {
  const shell = { ...SHELL, DATABASE: 'postgres://me:pw@host/db' };
  const filtered = filterEnvironment(shell, { drop: ['HOME', 'XDG_*'], noSecrets: true });
  expect(filtered.secrets).toEqual(['HF_TOKEN', 'DATABASE']);
  expect(Object.keys(filtered.environment)).toEqual(['PATH', 'CUDA_VISIBLE_DEVICES', 'TERMINFO']);
});

test('changes drop first, then set', () => {
  expect(changeEnvironment({ A: '1', AB: '2', C: '3' }, { A: '9' }, ['A*'])).toEqual({ C: '3', A: '9' });
});
