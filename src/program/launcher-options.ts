import { names, type Options } from './options.js';

// What the launchers that are seen through take before the program.

/** python(1). */
export const PYTHON: Options = {
  flags: names('b B d E h i I O P q R s S t u v V x ? help help-all help-env help-xoptions version'),
  valued: names('c m W X check-hash-based-pycs'),
  last: names('c m'),
};

/** node(1), and what bun, deno and tsx share with it. */
export const NODE: Options = {
  flags: names(
    'i interactive enable-source-maps trace-warnings no-warnings inspect inspect-brk expose-gc watch',
  ),
  valued: names('r require import loader experimental-loader C conditions env-file title'),
};

/** sh(1), bash(1). */
export const SHELL: Options = {
  flags: names('c e u x l i n v a login posix norc noprofile'),
  valued: names('o O rcfile init-file'),
};

/** torch/distributed/run.py and launch.py, and what they took in older versions. */
export const TORCH: Options = {
  flags: names('h help standalone m module no-python run-path use-env virtual-local-rank'),
  valued: names(`nnodes nproc-per-node rdzv-backend rdzv-endpoint rdzv-id rdzv-conf max-restarts
    monitor-interval start-method event-log-handler role log-dir logdir r redirects t tee local-ranks-filter
    node-rank master-addr master-port local-addr logs-specs numa-binding signals-to-handle
    duplicate-stdout-filters duplicate-stderr-filters shutdown-timeout`),
  abbreviated: true,
};

/** accelerate/commands/launch.py: all else that it has takes a value. */
export const ACCELERATE: Options = {
  flags:
    names(`h help q quiet cpu multi-gpu tpu ipex enable-cpu-affinity dynamo-use-fullgraph dynamo-use-dynamic
    dynamo-use-regional-compilation use-deepspeed use-fsdp use-parallelism-config use-megatron-lm use-xpu
    use-mps-device same-network m module no-python tpu-cluster no-tpu-cluster tpu-use-sudo downcast-bf16
    fp8-use-autocast-during-eval debug`),
  valued: names('t tee'),
};

/** deepspeed/launcher/runner.py. */
export const DEEPSPEED: Options = {
  flags:
    names(`h help module no-python no-local-rank no-ssh no-ssh-check force-multi save-pid elastic-training
    bind-cores-to-rank`),
  valued: names(`H hostfile i include e exclude num-nodes min-elastic-nodes max-elastic-nodes num-gpus
    num-accelerators master-port master-addr node-rank launcher launcher-args enable-each-rank-log autotuning comment
    account bind-core-list ssh-port venv-script`),
  abbreviated: true,
};

/** `uv run --help`; options before `run` are among them. */
export const UV: Options = {
  flags:
    names(`all-extras no-dev only-dev dev no-default-groups all-groups m module no-editable exact no-env-file isolated
    active no-sync locked frozen s script gui-script all-packages no-project no-index U upgrade no-sources reinstall
    compile-bytecode no-build-isolation no-build no-binary require-build-hashes no-require-build-hashes n no-cache
    no-cache-dir refresh managed-python no-managed-python no-python-downloads q quiet v verbose system-certs native-tls offline
    no-progress no-config h help V version show-resolution no-verify-hashes verify-hashes`),
  valued: names(`extra no-extra group no-group only-group no-editable-package env-file w with with-editable
    with-requirements package python-platform index default-index i index-url extra-index-url f find-links
    index-strategy keyring-provider P upgrade-package upgrade-group resolution prerelease prerelease-package
    fork-strategy exclude-newer exclude-newer-package no-sources-package reinstall-package link-mode C config-setting
    config-settings-package no-build-isolation-package no-build-package no-binary-package cache-dir refresh-package
    p python color allow-insecure-host directory project config-file preview-features`),
};

/** poetry, pipenv, pdm: before and behind `run`. */
export const PROJECT: Options = {
  flags: names('n no-interaction q quiet v verbose ansi no-ansi no-plugins no-cache s site-packages'),
  valued: names('C directory P p project'),
};

/** `conda run`, `micromamba run`. */
export const CONDA: Options = {
  flags: names(`v verbose dev debug-wrapper-scripts s no-capture-output live-stream q quiet h help d detach
    clean-env`),
  valued: names('n name p prefix cwd a attach e env r root-prefix label'),
  abbreviated: true,
};

/** env(1). */
export const ENV: Options = {
  flags: names('i ignore-environment 0 null v debug'),
  valued: names('u unset C chdir S split-string'),
  abbreviated: true,
};
