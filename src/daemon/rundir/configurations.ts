import { type ContentStore, contentStore } from './content.js';
import { configurationsDir } from './paths.js';

/**
 * Parts of configurations that many runs share, once per content, in `<state>/configs/<sha256>` (0600): hydra nodes
 * as JSON, ConfigurationTrees, and each sweep's multirun.yaml.
 */
export const configurationStore = (state: string): ContentStore =>
  contentStore(configurationsDir(state), 'configuration');
