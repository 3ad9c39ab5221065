import { examine } from './checks.js';
import type { Finding } from './machine.js';
import { type Probing, probe } from './probe.js';

/** Looks at everything that can be wrong on this machine. Takes as long as reading the database whole. */
export const doctor = async (given: Probing): Promise<Finding[]> => examine(await probe(given));
