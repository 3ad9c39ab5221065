/** Names under which curves are kept: where a run chose none, and where a default one is somebody else's. */
export const defaultExperiment = (name: string, runId: number): string => `${name}-${runId}`;
export const sweepExperiment = (name: string, sweepId: number): string => `${name}-s${sweepId}`;
export const jobExperiment = (ofSweep: string, job: number): string => `${ofSweep}_job${job}`;

/** Another machine that shares the project, or a state that was lost, has used the name. */
export const besideOthers = (experimentId: string, ulid: string): string =>
  `${experimentId}-${ulid.slice(-6).toLowerCase()}`;

/** `_job<N>` and a suffix must fit into a name of 255 bytes. */
const LONGEST_BYTES = 200;

/** What is wrong with an experiment id that somebody chose; null when nothing is. It names one directory. */
export function experimentProblem(id: string): string | null {
  const shown = JSON.stringify(id.length > 60 ? `${id.slice(0, 60)}…` : id);
  if (Buffer.byteLength(id) > LONGEST_BYTES)
    return `the experiment id ${shown} has ${Buffer.byteLength(id)} bytes, at most ${LONGEST_BYTES} go`;
  if (/[\0-\x1f\x7f-\x9f/]/.test(id))
    return `the experiment id ${shown} has a character that no directory can have`;
  if (/^[.-]|^\s|\s$/.test(id))
    return `the experiment id ${shown} begins or ends with a blank, a dot or a dash`;
  return null;
}
