/** What there is to compute on, the best first. */
export const CANDIDATES = ['linked', 'tfjs-node-gpu', 'tfjs-node', 'wasm', 'cpu'] as const;
export type Candidate = (typeof CANDIDATES)[number];

export const CHOICES = ['auto', 'tensorflow', ...CANDIDATES] as const;
export type EngineChoice = (typeof CHOICES)[number];

/** Those to try, in order. A choice is final: nothing else takes its place. */
export function candidatesFor(choice: EngineChoice): readonly Candidate[] {
  switch (choice) {
    case 'auto':
      return CANDIDATES;
    case 'tensorflow':
      return CANDIDATES.filter(isTensorflow);
    default:
      return [choice];
  }
}

/** Whether it is TensorFlow itself, which alone can use a GPU. */
export const isTensorflow = (candidate: Candidate): boolean => candidate !== 'wasm' && candidate !== 'cpu';
