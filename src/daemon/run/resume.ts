/** Where an attempt's curve goes on. */
export interface CurveStart {
  /** The first step that it logs; null: nobody can tell. */
  logsFrom: number | null;
  /** The checkpoint that it goes on from; null: from none. */
  path: string | null;
}

/** What an attempt left to go on from. */
export interface Gain {
  /** A complete checkpoint that it did not start from. */
  progressed: boolean;
  /** It wrote that over the one that it resumed from (`ckpt.pt`): the same path is another point now. */
  overwrote?: boolean;
}

/** A complete checkpoint that an attempt goes on from, and how its program is told. */
export interface ResumePoint {
  /** Absolute path of the checkpoint. */
  path: string;
  /** null: it states none. */
  step: number | null;
  /** Of the steps that the attempt logs, the first; null: nobody can tell. */
  logsFrom: number | null;
  /** Added to the command, in words as a shell would split them: `--resume={ckpt}`. */
  argument: string | null;
  /** Where it is copied to below a new run directory, for programs that look there by themselves. */
  inPlace: string | null;
}
