// Configurations that Hydra ships as files, in its package hydra.conf. The help texts are our own: they are shown by
// nothing of ours and stand in hydra.yaml only.

const CONSOLE = `  console:
    class: logging.StreamHandler
    formatter: simple
    stream: ext://sys.stdout
`;
const VERBOSE_FORMAT = "'[%(asctime)s][%(name)s][%(levelname)s] - %(message)s'";
const NONE = 'version: 1\nroot: null\ndisable_existing_loggers: false\n';
const DISABLED = 'version: 1\nroot:\n  level: ERROR\ndisable_existing_loggers: true\n';

const formatter = (format: string): string => `version: 1\nformatters:\n  simple:\n    format: ${format}\n`;

/** By path below hydra/. */
export const HYDRA_FILES: Readonly<Record<string, string>> = {
  'output/default.yaml': `# @package hydra
run:
  dir: outputs/\${now:%Y-%m-%d}/\${now:%H-%M-%S}
sweep:
  dir: multirun/\${now:%Y-%m-%d}/\${now:%H-%M-%S}
  subdir: \${hydra.job.num}
`,
  'env/default.yaml': '',
  'hydra_logging/default.yaml': `${formatter("'[%(asctime)s][HYDRA] %(message)s'")}handlers:
${CONSOLE}root:
  level: INFO
  handlers: [console]
loggers:
  logging_example:
    level: DEBUG
disable_existing_loggers: false
`,
  'hydra_logging/none.yaml': NONE,
  'hydra_logging/disabled.yaml': DISABLED,
  'hydra_logging/hydra_debug.yaml': `${formatter(VERBOSE_FORMAT)}handlers:
  file:
    class: logging.FileHandler
    mode: w
    formatter: simple
    filename: hydra-\${hydra.job.name}.log
    delay: true
root:
  level: ERROR
  handlers: [file]
loggers:
  hydra:
    level: DEBUG
disable_existing_loggers: false
`,
  'job_logging/default.yaml': `${formatter(VERBOSE_FORMAT)}handlers:
${CONSOLE}  file:
    class: logging.FileHandler
    formatter: simple
    filename: \${hydra.runtime.output_dir}/\${hydra.job.name}.log
root:
  level: INFO
  handlers: [console, file]
disable_existing_loggers: false
`,
  'job_logging/stdout.yaml': `${formatter("'%(message)s'")}handlers:
${CONSOLE}root:
  level: INFO
  handlers: [console]
disable_existing_loggers: false
`,
  'job_logging/none.yaml': NONE,
  'job_logging/disabled.yaml': DISABLED,
  'help/default.yaml': `app_name: \${hydra.job.name}
header: "\${hydra.help.app_name}: configured with Hydra\\n"
footer: "For Hydra's own help: --hydra-help\\n"
template: |
  \${hydra.help.header}
  Groups and their options (choose with group=option):

  $APP_CONFIG_GROUPS
  The configuration (change with key=value):

  $CONFIG
  \${hydra.help.footer}
`,
  'hydra_help/default.yaml': `template: |
  Hydra \${hydra.runtime.version}

  $FLAGS_HELP
  Groups of Hydra's own configuration (choose with hydra/group=option):

  $HYDRA_CONFIG_GROUPS
hydra_help: '???'
`,
};
