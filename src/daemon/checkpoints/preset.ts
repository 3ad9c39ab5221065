/** Stacks whose checkpoints are known by their names and contents. */
export const PRESETS = [
  'plain',
  'hf',
  'lightning',
  'accelerate',
  'timm',
  'keras',
  'tfjs',
  'nanogpt',
  'torch',
] as const;
export type Preset = (typeof PRESETS)[number];
export const isPreset = (word: string): word is Preset => PRESETS.some((preset) => preset === word);

/** How a stack is told to go on where it was, when it was chosen by name. */
export interface Way {
  /** Words for the command, as in `--resume-arg`; null: it reads EXPD_RESUME_FROM, or looks by itself. */
  argument: string | null;
  /** It looks into its own directory: the checkpoint is copied to the same place below the new run directory. */
  inPlace: boolean;
  /** Its steps are logged as counted from zero: the first that a resumed one logs is what the checkpoint states. */
  again?: true;
}

/** What each stack's own scripts understand. */
export const WAYS: Readonly<Record<Preset, Way>> = {
  plain: { argument: null, inPlace: false },
  // TrainingArguments, parsed by HfArgumentParser.
  hf: { argument: '--resume_from_checkpoint {ckpt}', inPlace: false },
  // LightningCLI's fit. `global_step` says how many were made.
  lightning: { argument: '--ckpt_path {ckpt}', inPlace: false, again: true },
  // The examples of accelerate and diffusers.
  accelerate: { argument: '--resume_from_checkpoint {ckpt}', inPlace: false },
  timm: { argument: '--resume {ckpt}', inPlace: false },
  // BackupAndRestore looks into its directory, and states the epoch to come.
  keras: { argument: null, inPlace: true, again: true },
  tfjs: { argument: null, inPlace: false },
  // train.py looks into out_dir, and evaluates first where it saved last.
  nanogpt: { argument: '--init_from=resume', inPlace: true, again: true },
  torch: { argument: null, inPlace: false },
};

/** A file or directory that may be a checkpoint, by its name alone. */
export interface Named {
  preset: Preset;
  /** As the name says; null: it says none. */
  step: number | null;
  /** Kept for its quality: the last to be resumed from. */
  best: boolean;
}

interface Rule {
  preset: Preset;
  of: 'file' | 'directory';
  /** The first group is the step. */
  name: RegExp;
}

/** The first that holds. */
const RULES: readonly Rule[] = [
  { preset: 'plain', of: 'directory', name: /^step-(\d{8,15})$/ },
  { preset: 'hf', of: 'directory', name: /^checkpoint-(\d+)$/ },
  { preset: 'accelerate', of: 'directory', name: /^(?:checkpoint|step|epoch)_(\d+)$/ },
  { preset: 'lightning', of: 'file', name: /^(?:.*step=?(\d+).*|.*)\.ckpt$/ },
  { preset: 'timm', of: 'file', name: /^(?:(?:checkpoint|recovery)-(\d+).*|.*)\.pth\.tar$/ },
  { preset: 'nanogpt', of: 'file', name: /^ckpt\.pt$/ },
  { preset: 'keras', of: 'file', name: /^(?:\D*?(\d+).*|.*)\.(?:keras|weights\.h5)$/ },
  {
    preset: 'torch',
    of: 'file',
    name: /^(?:(?:ckpt|checkpoint|model|epoch|step|iter|snapshot)[_-]?(\d+)?|best.*|last|latest)\.(?:pt|pth)$/,
  },
];

/** null for what no stack calls so; directories are also known by what lies in them (complete.ts). */
export function byName(name: string, of: 'file' | 'directory'): Named | null {
  for (const rule of RULES) {
    const match = rule.of === of ? rule.name.exec(name) : null;
    if (match === null) continue;
    const digits = match[1];
    return {
      preset: rule.preset,
      step: digits === undefined ? null : Number(digits),
      best: of === 'file' && /(?:^|[_-])best(?:[_.-]|$)/.test(name),
    };
  }
  return null;
}

/** Stacks whose numbers are those of steps, by definition. */
const STEPS: ReadonlySet<Preset> = new Set(['plain', 'hf', 'lightning', 'nanogpt']);

/** Whether the step of a checkpoint with this name is one of those that are logged: others may count epochs, or saves. */
export function countsSteps(name: string): boolean {
  const named = byName(name, 'directory') ?? byName(name, 'file');
  return (named !== null && STEPS.has(named.preset)) || /step|iter/i.test(name);
}

/** Files by which a directory of any name is known. */
export const BY_CONTENT: readonly { preset: Preset; files: readonly string[] }[] = [
  { preset: 'keras', files: ['latest.weights.h5', 'training_metadata.json'] },
  { preset: 'tfjs', files: ['model.json'] },
];
