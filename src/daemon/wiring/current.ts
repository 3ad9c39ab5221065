import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { guardSettings } from '../guard/private.js';
import type { Log } from '../log.js';
import { type Loaded, loadSettings, type Settings } from '../options.js';
import { followFile } from './follow-file.js';

/** The settings now in force. The file is read again when it changes; a bad one is logged and changes nothing. */
export class CurrentSettings {
  readonly #listeners: ((settings: Settings) => void)[] = [];
  #unfollow = (): void => {};
  #refused: string | null = null;

  /** `check` throws what is wrong with settings beyond what their own table knows. */
  constructor(
    private loaded: Loaded,
    private readonly file: string,
    private readonly flags: Readonly<Record<string, string>>,
    private readonly env: NodeJS.ProcessEnv,
    private readonly log: Log,
    private readonly check: (settings: Settings) => void,
  ) {
    check(loaded.settings);
  }

  get now(): Settings {
    return this.loaded.settings;
  }

  get given(): Loaded['given'] {
    return this.loaded.given;
  }

  /** Why the file as it is now is not in force; null when it is. */
  get refused(): string | null {
    return this.#refused;
  }

  onChange(listener: (settings: Settings) => void): void {
    this.#listeners.push(listener);
  }

  /** From now on changes of the file count. */
  follow(): void {
    try {
      mkdirSync(dirname(this.file), { recursive: true, mode: 0o700 });
    } catch (err) {
      // A home that cannot be written, and a state elsewhere: there is no file to change.
      this.log.warn({ event: 'settings_not_watched', err });
      return;
    }
    this.#unfollow = followFile(
      this.file,
      () => void this.#reload(),
      (err) => this.log.warn({ event: 'settings_not_watched', err }),
    );
    // What changed between the first reading and now.
    void this.#reload();
  }

  close(): void {
    this.#unfollow();
  }

  async #reload(): Promise<void> {
    try {
      await guardSettings(this.file, process.geteuid!());
      const loaded = await loadSettings(this.file, this.flags, this.env);
      this.check(loaded.settings);
      // Where the state lies was decided when it was opened.
      loaded.settings.state = this.loaded.settings.state;
      this.#refused = null;
      if (isDeepStrictEqual(loaded, this.loaded)) return;
      this.loaded = loaded;
    } catch (err) {
      this.#refused = err instanceof Error ? err.message : String(err);
      this.log.error({ event: 'settings_refused', why: this.#refused });
      return;
    }
    this.log.info({ event: 'settings_changed' });
    for (const listener of this.#listeners) listener(this.now);
  }
}
