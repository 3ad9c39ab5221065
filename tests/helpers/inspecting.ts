import { afterAll, beforeAll } from 'vitest';
import { type Inspect, Inspector } from '../../src/daemon/checkpoints/inspector.js';
import { bundle } from './store.js';

/** The real inspecting process, for the tests of one file. */
export function inspecting(): Inspect {
  let inspector: Inspector;
  beforeAll(() => {
    inspector = new Inspector(bundle('src/daemon/checkpoints/process.ts'));
  });
  afterAll(() => inspector.close());
  return (kind, ask) => inspector.inspect(kind, ask);
}
