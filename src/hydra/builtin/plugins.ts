import { ANY, type Struct } from '../config/field.js';
import { Dict, type Value } from '../value.js';
import { bool, dictOf, float, integer, listOf, optional, struct, structOf, text } from './hydra-conf.js';

// The configurations of the best-known plugins, so that trees that choose them compose without Python. Field by field
// as hydra-joblib-launcher 1.2, hydra-submitit-launcher 1.2, hydra-rq-launcher 1.2, hydra-ax-sweeper 1.2,
// hydra-nevergrad-sweeper 1.2, hydra-optuna-sweeper 1.3 and hydra-colorlog 1.2 declare them.

const none = (kind: 'str' | 'int' | 'float' | 'bool') => [optional(kind), null] as const;
const on = [bool, true] as const;
const off = [bool, false] as const;
const target = (path: string) => [text, path] as const;

const joblib = struct('JobLibLauncherConf', {
  _target_: target('hydra_plugins.hydra_joblib_launcher.joblib_launcher.JoblibLauncher'),
  n_jobs: [integer, -1n],
  backend: none('str'),
  prefer: [text, 'processes'],
  require: none('str'),
  verbose: [integer, 0n],
  timeout: none('float'),
  pre_dispatch: [text, '2*n_jobs'],
  batch_size: [text, 'auto'],
  temp_folder: none('str'),
  max_nbytes: none('str'),
  mmap_mode: [text, 'r'],
});

const enqueue = struct('EnqueueConf', {
  job_timeout: none('str'),
  ttl: none('str'),
  result_ttl: none('str'),
  failure_ttl: none('str'),
  at_front: off,
  job_id: none('str'),
  description: none('str'),
});

const redis = struct('RedisConf', {
  host: [text, '${oc.env:REDIS_HOST,localhost}'],
  port: [integer, "${oc.env:REDIS_PORT,'6379'}"],
  db: [optional('str'), "${oc.env:REDIS_DB,'0'}"],
  password: [optional('str'), '${oc.env:REDIS_PASSWORD,null}'],
  ssl: [bool, "${oc.env:REDIS_SSL,'False'}"],
  ssl_ca_certs: [optional('str'), '${oc.env:REDIS_SSL_CA_CERTS,null}'],
  mock: [bool, "${oc.env:REDIS_MOCK,'False'}"],
});

const rq = struct('RQLauncherConf', {
  _target_: target('hydra_plugins.hydra_rq_launcher.rq_launcher.RQLauncher'),
  enqueue: [structOf(enqueue)],
  queue: [text, 'default'],
  redis: [structOf(redis)],
  stop_after_enqueue: off,
  wait_polling: [float, 1],
});

const submitit = {
  submitit_folder: [text, '${hydra.sweep.dir}/.submitit/%j'],
  timeout_min: [integer, 60n],
  cpus_per_task: none('int'),
  gpus_per_node: none('int'),
  tasks_per_node: [integer, 1n],
  mem_gb: none('int'),
  nodes: [integer, 1n],
  name: [text, '${hydra.job.name}'],
  stderr_to_stdout: off,
} as const;

const submititLocal = struct('LocalQueueConf', {
  ...submitit,
  _target_: target('hydra_plugins.hydra_submitit_launcher.submitit_launcher.LocalLauncher'),
});

const submititSlurm = struct('SlurmQueueConf', {
  ...submitit,
  _target_: target('hydra_plugins.hydra_submitit_launcher.submitit_launcher.SlurmLauncher'),
  partition: none('str'),
  qos: none('str'),
  comment: none('str'),
  constraint: none('str'),
  exclude: none('str'),
  gres: none('str'),
  cpus_per_gpu: none('int'),
  gpus_per_task: none('int'),
  mem_per_gpu: none('str'),
  mem_per_cpu: none('str'),
  account: none('str'),
  signal_delay_s: [integer, 120n],
  max_num_timeout: [integer, 0n],
  additional_parameters: [dictOf(ANY), new Dict()],
  array_parallelism: [integer, 256n],
  setup: [listOf(text, true), null],
  srun_args: [listOf(text, true), null],
});

const earlyStop = struct('EarlyStopConfig', {
  minimize: on,
  max_epochs_without_improvement: [integer, 10n],
  epsilon: [float, 0.00001],
});

const experiment = struct('ExperimentConfig', {
  name: none('str'),
  objective_name: [text, 'objective'],
  minimize: on,
  parameter_constraints: [listOf(text, true), null],
  outcome_constraints: [listOf(text, true), null],
  status_quo: [dictOf(ANY, true), null],
});

const client = struct('ClientConfig', { verbose_logging: off, random_seed: none('int') });

const axConfig = struct('AxConfig', {
  max_trials: [integer, 10n],
  early_stop: [structOf(earlyStop)],
  experiment: [structOf(experiment)],
  client: [structOf(client)],
  params: [dictOf(ANY), new Dict()],
  is_noisy: on,
});

const ax = struct('AxSweeperConf', {
  _target_: target('hydra_plugins.hydra_ax_sweeper.ax_sweeper.AxSweeper'),
  max_batch_size: none('int'),
  ax_config: [structOf(axConfig)],
});

const optim = struct('OptimConf', {
  optimizer: [text, 'NGOpt'],
  budget: [integer, 80n],
  num_workers: [integer, 10n],
  noisy: off,
  maximize: off,
  seed: none('int'),
  max_failure_rate: [float, 0],
});

const nevergrad = struct('NevergradSweeperConf', {
  _target_: target('hydra_plugins.hydra_nevergrad_sweeper.nevergrad_sweeper.NevergradSweeper'),
  optim: [structOf(optim)],
  parametrization: [dictOf(ANY), new Dict()],
});

const optuna = struct('OptunaSweeperConf', {
  _target_: target('hydra_plugins.hydra_optuna_sweeper.optuna_sweeper.OptunaSweeper'),
  sampler: [structOf(struct('SamplerConfig', { _target_: [text] })), '???'],
  direction: [ANY, 'minimize'],
  storage: [ANY, null],
  study_name: none('str'),
  n_trials: [integer, 20n],
  n_jobs: [integer, 2n],
  max_failure_rate: [float, 0],
  search_space: [dictOf(ANY, true), null],
  params: [dictOf(text, true), null],
  custom_search_space: none('str'),
});

const parzen = {
  seed: none('int'),
  consider_prior: on,
  prior_weight: [float, 1],
  consider_magic_clip: on,
} as const;

const samplers: Readonly<Record<string, Struct>> = {
  grid: struct('GridSamplerConfig', { _target_: target('optuna.samplers.GridSampler'), _partial_: on }),
  tpe: struct('TPESamplerConfig', {
    _target_: target('optuna.samplers.TPESampler'),
    ...parzen,
    consider_endpoints: off,
    n_startup_trials: [integer, 10n],
    n_ei_candidates: [integer, 24n],
    multivariate: off,
    warn_independent_sampling: on,
  }),
  random: struct('RandomSamplerConfig', {
    _target_: target('optuna.samplers.RandomSampler'),
    seed: none('int'),
  }),
  cmaes: struct('CmaEsSamplerConfig', {
    _target_: target('optuna.samplers.CmaEsSampler'),
    seed: none('int'),
    x0: [dictOf(ANY, true), null],
    sigma0: none('float'),
    independent_sampler: [ANY, null],
    warn_independent_sampling: on,
    consider_pruned_trials: off,
    restart_strategy: [ANY, null],
    inc_popsize: [integer, 2n],
    use_separable_cma: off,
    source_trials: [ANY, null],
  }),
  nsgaii: struct('NSGAIISamplerConfig', {
    _target_: target('optuna.samplers.NSGAIISampler'),
    seed: none('int'),
    population_size: [integer, 50n],
    mutation_prob: none('float'),
    crossover_prob: [float, 0.9],
    swapping_prob: [float, 0.5],
    constraints_func: [ANY, null],
  }),
  motpe: struct('MOTPESamplerConfig', {
    _target_: target('optuna.samplers.MOTPESampler'),
    ...parzen,
    consider_endpoints: off,
    n_startup_trials: [integer, 10n],
    n_ehvi_candidates: [integer, 24n],
  }),
};

/** Dataclasses by path below hydra/, with the defaults lists that some have. */
export const PLUGIN_STRUCTS: Readonly<Record<string, { struct: Struct; defaults?: Value }>> = {
  'launcher/joblib': { struct: joblib },
  'launcher/rq': { struct: rq },
  'launcher/submitit_local': { struct: submititLocal },
  'launcher/submitit_slurm': { struct: submititSlurm },
  'sweeper/ax': { struct: ax },
  'sweeper/nevergrad': { struct: nevergrad },
  'sweeper/optuna': { struct: optuna, defaults: [Dict.from<Value>([['sampler', 'tpe']])] },
  ...Object.fromEntries(
    Object.entries(samplers).map(([name, sampler]) => [`sweeper/sampler/${name}`, { struct: sampler }]),
  ),
};

const colored = (
  pkg: string,
  handlers: string,
  format: string,
  rest: string,
): string => `# @package hydra.${pkg}
version: 1
formatters:
${rest}  colorlog:
    '()': colorlog.ColoredFormatter
    format: '${format}'
${handlers}
disable_existing_loggers: false
`;

const CONSOLE = `handlers:
  console:
    class: logging.StreamHandler
    formatter: colorlog
    stream: ext://sys.stdout
`;

/** Files of hydra-colorlog, by path below hydra/. */
export const COLORLOG_FILES: Readonly<Record<string, string>> = {
  'hydra_logging/colorlog.yaml': colored(
    'hydra_logging',
    `${CONSOLE}root:\n  level: INFO\n  handlers: [console]`,
    '[%(cyan)s%(asctime)s%(reset)s][%(purple)sHYDRA%(reset)s] %(message)s',
    '',
  ),
  'job_logging/colorlog.yaml': colored(
    'job_logging',
    `    log_colors:
      DEBUG: purple
      INFO: green
      WARNING: yellow
      ERROR: red
      CRITICAL: red
${CONSOLE}  file:
    class: logging.FileHandler
    formatter: simple
    filename: \${hydra.job.name}.log
root:
  level: INFO
  handlers: [console, file]`,
    '[%(cyan)s%(asctime)s%(reset)s][%(blue)s%(name)s%(reset)s][%(log_color)s%(levelname)s%(reset)s] - %(message)s',
    `  simple:
    format: '[%(asctime)s][%(name)s][%(levelname)s] - %(message)s'
`,
  ),
};
