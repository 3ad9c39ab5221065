import { ConfigurationTree } from '../../gen/expd/v1/runs.js';
import type { ConfiguredPorts } from '../rundir/configured.js';
import type { Core } from './core.js';

/** What run directories ask of stored configurations. */
export const configured = ({ composer, configurations, clock }: Core): ConfiguredPorts => ({
  async jobFiles({ job }, { composed, overrides, hydraOverrides }, runDir, environment) {
    const hydra = await configurations.load(composed.hydraSha);
    return composer.ask('files', {
      composed: { overrides, hydraOverrides, job: composed.job },
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
