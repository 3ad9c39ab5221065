import { ConfigurationTree } from '../../gen/expd/v1/runs.js';
import { UserError } from '../errors.js';
import type { Submission } from '../run/submission.js';
import { jobOf } from '../rundir/configurations.js';
import type { ConfiguredPorts } from '../rundir/configured.js';
import type { Drifted } from '../scheduler/ports.js';
import type { StoredRun } from '../store/stored.js';
import type { Core } from './core.js';

/** What run directories ask of stored configurations. */
export const configured = ({ composer, configurations, clock }: Core): ConfiguredPorts => ({
  async jobFiles({ job }, { composed, overrides, hydraOverrides }, runDir, environment) {
    const [hydra, values] = await Promise.all([
      configurations.load(composed.hydraSha),
      jobOf(composed, configurations),
    ]);
    return composer.ask('files', {
      composed: { overrides, hydraOverrides, job: values },
      hydra: hydra.toString(),
      number: job?.number ?? null,
      outputDir: runDir,
      environment,
      now: clock.now(),
    });
  },
  async keptSources({ treeSha }) {
    return ConfigurationTree.decode(await configurations.load(treeSha)).sources;
  },
});

const NO_DRIFT: Drifted = { drift: [], text: null, hold: false };

/** Whether a Hydra application will find other files than those that it was submitted with. */
export async function drifted(
  { composer, configurations, environments, settings, reader, log }: Core,
  run: StoredRun,
  { configuration, cwd, envSha }: Submission,
): Promise<Drifted> {
  const composed = configuration?.composed ?? null;
  if (configuration?.kind !== 'application' || composed === null || composed.pinned) return NO_DRIFT;
  const { overrides, hydraOverrides } = configuration;
  const { configName, versionBase, jobName } = composed;
  // Whoever released it knows.
  const known = reader.history(run.id).some(({ reason }) => reason?.code === 'config_drift');
  const hold = !known && (composed.holdOnDrift || settings.now.configDrift === 'hold');
  try {
    const [tree, job, environment] = await Promise.all([
      configurations.load(composed.treeSha),
      jobOf(composed, configurations),
      environments.load(envSha),
    ]);
    const asked = { configName: configName ?? '', versionBase, jobName, overrides, hydraOverrides, job };
    const { differences } = await composer.ask('drift', { composed: asked, tree, cwd, environment });
    if (differences.length === 0) return NO_DRIFT;
    const text = `configuration changed since submission: ${differences.slice(0, SAID).map(inWords).join(', ')}`;
    const more = differences.length > SAID ? ` and ${differences.length - SAID} more` : '';
    return { drift: differences, text: text + more, hold };
  } catch (err) {
    if (err instanceof UserError && err.code === 'config_invalid')
      return { drift: [], text: `its configuration cannot be composed any more: ${err.message}`, hold };
    log.warn({ event: 'drift_unknown', runId: run.id, err });
    return NO_DRIFT;
  }
}

const SAID = 3;

const inWords = ({ key, one, other }: Drifted['drift'][number]): string =>
  `${key} (${one ?? 'none'} → ${other ?? 'none'})`;
