import { isSecretName, isSecretValue } from './secrets.js';

/** Of a shell, by name. Values are what the kernel has: no NUL, names without `=`. */
export type Environment = Readonly<Record<string, string>>;

/** What the run contract sets beside `EXPD_*`; these must not be inherited by a submission from inside a run. */
export const CONTRACT_VARIABLES = [
  'CUDA_VISIBLE_DEVICES',
  'CUDA_DEVICE_ORDER',
  'TF_FORCE_GPU_ALLOW_GROWTH',
  'PYTHONUNBUFFERED',
  'WANDB_RUN_ID',
  'WANDB_RESUME',
  'WANDB_NAME',
  'WANDB_RUN_GROUP',
  'WANDB_TAGS',
  'MLFLOW_RUN_ID',
] as const;

/** Belongs to a terminal, a login or a service, not to the work. `*` ends a prefix. */
const NOT_THE_WORKS: readonly string[] = [
  'EXPD_*',
  'PWD',
  'OLDPWD',
  'SHLVL',
  '_',
  'TERM',
  'COLUMNS',
  'LINES',
  'TMUX*',
  'STY',
  'SSH_*',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'WINDOWID',
  'XDG_SESSION_*',
  'XDG_RUNTIME_DIR',
  'DBUS_SESSION_BUS_ADDRESS',
  'NOTIFY_SOCKET',
  'INVOCATION_ID',
  'JOURNAL_STREAM',
  'LISTEN_*',
];

export interface Filtered {
  environment: Record<string, string>;
  /** Names left out because they look like secrets; empty unless that was asked for. */
  secrets: string[];
}

/**
 * The environment that a submission carries. `drop`: names the user leaves out, a trailing `*` for a prefix.
 * A shell inside a run (it has `EXPD_RUN_ID`) does not pass on what the contract gave that run.
 */
export function filterEnvironment(
  shell: Readonly<Record<string, string | undefined>>,
  how: { drop?: readonly string[]; noSecrets?: boolean } = {},
): Filtered {
  const inside = shell.EXPD_RUN_ID !== undefined;
  const dropped = [...NOT_THE_WORKS, ...(how.drop ?? []), ...(inside ? CONTRACT_VARIABLES : [])];
  const left = Object.entries(shell).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !dropped.some((drop) => matches(drop, entry[0])),
  );
  const secret = ([name, value]: [string, string]): boolean =>
    how.noSecrets === true && (isSecretName(name) || isSecretValue(value));
  return {
    environment: Object.fromEntries(left.filter((entry) => !secret(entry))),
    secrets: left.filter(secret).map(([name]) => name),
  };
}

/** `--env K=V` and `--env-drop K`: first dropped, then set. */
export function changeEnvironment(
  base: Environment,
  set: Environment,
  drop: readonly string[],
): Record<string, string> {
  const kept = Object.entries(base).filter(([name]) => !drop.some((pattern) => matches(pattern, name)));
  return { ...Object.fromEntries(kept), ...set };
}

const matches = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
