/** A complete checkpoint that an attempt goes on from. */
export interface ResumePoint {
  /** Absolute path of the checkpoint. */
  path: string;
  step: number;
}
