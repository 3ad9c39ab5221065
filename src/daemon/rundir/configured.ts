import { dirname, join } from 'node:path';
import type { Composed, Configuration } from '../run/submission.js';
import { applicationArgv, type Pinned } from './application.js';
import type { Contract } from './contract.js';
import { directoryMode } from './modes.js';
import type { AttemptOrder } from './order.js';
import { attemptDir, runPaths } from './paths.js';
import type { Step } from './steps.js';

/** What a composed configuration becomes for one job, as Hydra writes it at the job's start. */
export interface JobFiles {
  config: string;
  hydra: string;
  overrides: string;
  /** As JSON, interpolations followed. */
  resolved: string;
  /** `hydra.output_subdir`; null: no files. */
  outputSubdir: string | null;
}

/** A file of a search path that was kept. */
export interface KeptSource {
  provider: string;
  files: readonly { path: string; text: string }[];
}

export interface ConfiguredPorts {
  /** Of a composed configuration. @throws UserError */
  jobFiles(
    order: AttemptOrder,
    configuration: ComposedConfiguration,
    runDir: string,
    environment: Contract['environment'],
  ): Promise<JobFiles>;
  /** The search path that was kept with a configuration. @throws UserError */
  keptSources(composed: Composed): Promise<readonly KeptSource[]>;
}

export type ComposedConfiguration = Configuration & { composed: Composed };

/** What a configuration adds to a contract, and what has to be written for it once the attempt's directory is there. */
export interface Configured {
  contract: Contract;
  steps: Step[];
  /** Below the run directory: where Hydra's own files are among these. */
  hydraFiles: string | null;
}

/** Hydra's files of a run, in its `hydra.output_subdir`. */
export const HYDRA_FILES = ['config.yaml', 'hydra.yaml', 'overrides.yaml'] as const;

/** Hydra's files are for whoever submitted: they hold what the configuration does. */
const MODE = 0o600;

export async function withConfiguration(
  order: AttemptOrder,
  runDir: string,
  contract: Contract,
  state: string,
  ports: ConfiguredPorts,
): Promise<Configured> {
  const { configuration } = order.submission;
  if (configuration === null) return { contract, steps: [], hydraFiles: null };
  if (configuration.kind === 'application') return application(order, configuration, runDir, contract, ports);
  const { composed } = configuration;
  return composed === null
    ? { contract, steps: [], hydraFiles: null }
    : forComposed(order, { ...configuration, composed }, runDir, contract, state, ports);
}

async function application(
  order: AttemptOrder,
  configuration: Configuration,
  runDir: string,
  contract: Contract,
  ports: ConfiguredPorts,
): Promise<Configured> {
  const { programWords, composed } = configuration;
  const told = { programWords, runDir, job: order.job?.number ?? null };
  const argv = (pinned: Pinned | null): string[] => applicationArgv(contract.argv, { ...told, pinned });
  if (composed === null || !composed.pinned)
    return { contract: { ...contract, argv: argv(null) }, steps: [], hydraFiles: null };
  const kept = await ports.keptSources(composed);
  const root = join(runPaths(runDir, order.attempt, false).records, 'conf');
  const places = kept.map((source, n) => ({ ...source, directory: join(root, String(n)) }));
  const at = (test: (provider: string) => boolean): string[] =>
    places.filter(({ provider }) => test(provider)).map(({ directory }) => directory);
  const pinned: Pinned = {
    configPath: at((provider) => provider === 'main')[0] ?? null,
    configDir: at((provider) => provider === 'command-line')[0] ?? null,
    searchPath: at((provider) => provider.startsWith('hydra.searchpath')),
  };
  return {
    contract: { ...contract, argv: argv(pinned) },
    steps: keptSteps(places, directoryMode(order.submission.umask)),
    hydraFiles: null,
  };
}

function keptSteps(places: readonly (KeptSource & { directory: string })[], mode: number): Step[] {
  const written = places.flatMap(({ directory, files }) =>
    files.map(
      ({ path, text }): Extract<Step, { do: 'replace' }> => ({
        do: 'replace',
        path: join(directory, path),
        mode: MODE,
        content: text,
      }),
    ),
  );
  const directories = new Set(
    places.flatMap(({ directory, files }) => [
      directory,
      ...files.flatMap(({ path }) => above(path).map((part) => join(directory, part))),
    ]),
  );
  const [first] = places;
  return [
    ...(first === undefined ? [] : [dirname(first.directory)]).map(
      (path): Step => ({ do: 'have', path, mode }),
    ),
    ...[...directories].map((path): Step => ({ do: 'have', path, mode })),
    ...written,
  ];
}

/** `a/b/c.yaml`: a, a/b. */
const above = (path: string): string[] =>
  path
    .split('/')
    .slice(0, -1)
    .map((_, n, parts) => parts.slice(0, n + 1).join('/'));

async function forComposed(
  order: AttemptOrder,
  configuration: ComposedConfiguration,
  runDir: string,
  contract: Contract,
  state: string,
  ports: ConfiguredPorts,
): Promise<Configured> {
  const files = await ports.jobFiles(order, configuration, runDir, contract.environment);
  const resolved = join(attemptDir(state, order.attemptId), 'config.json');
  const write = (path: string, content: string): Step => ({ do: 'replace', path, mode: MODE, content });
  const directory = files.outputSubdir === null ? null : join(runDir, files.outputSubdir);
  const mode = directoryMode(order.submission.umask);
  return {
    contract: { ...contract, environment: { ...contract.environment, EXPD_CONFIG: resolved } },
    steps: [
      write(resolved, files.resolved),
      ...(directory === null
        ? []
        : [
            ...above(`${files.outputSubdir}/x`).map(
              (part): Step => ({ do: 'have', path: join(runDir, part), mode }),
            ),
            write(join(directory, 'config.yaml'), files.config),
            write(join(directory, 'hydra.yaml'), files.hydra),
            write(join(directory, 'overrides.yaml'), files.overrides),
          ]),
    ],
    hydraFiles: files.outputSubdir,
  };
}
