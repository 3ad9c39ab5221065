import { type Configuration, ConfigurationKind } from '../../gen/expd/v1/runs.js';
import type { Json } from './output.js';
import { plain } from './plain.js';

const { CONFIGURATION_KIND_APPLICATION: APPLICATION, CONFIGURATION_KIND_COMPOSED: COMPOSED } =
  ConfigurationKind;

/** `config.yaml of a Hydra application (version_base 1.3); …`; '' where nobody knows of one. */
export function configurationLine(configuration: Configuration | undefined): string {
  if (configuration === undefined) return '';
  const { configName } = configuration;
  const name = configName === '' ? 'no file' : `${plain(configName.replace(/\.yaml$/, ''))}.yaml`;
  if (configuration.kind === COMPOSED) return `${name}, composed at submission`;
  if (configuration.kind !== APPLICATION) return '';
  const { versionBase, pinned } = configuration;
  if (versionBase === '') return 'a Hydra application; its overrides were not checked at submission';
  const files = pinned ? 'its files as they were at submission' : 'its files are read at each start';
  return `${name} of a Hydra application (version_base ${plain(versionBase)}); ${files}`;
}

/** docs/json.md, "Configuration". */
export function configurationJson(configuration: Configuration | undefined) {
  if (configuration === undefined) return null;
  const { kind, configName, versionBase, jobName, overrides, hydraOverrides, runDir, pinned } = configuration;
  return {
    kind: kind === APPLICATION ? 'application' : kind === COMPOSED ? 'composed' : 'none',
    configName: configName || null,
    versionBase: versionBase || null,
    jobName: jobName || null,
    overrides,
    hydraOverrides,
    runDir: runDir || null,
    pinned,
  } satisfies Json;
}
