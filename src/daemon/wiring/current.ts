import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import type { Log } from '../log.js';
import { type Loaded, loadSettings, type Settings } from '../options.js';

/** The settings now in force. The file is read again when it changes; a bad one is logged and changes nothing. */
export class CurrentSettings {
  readonly #listeners: ((settings: Settings) => void)[] = [];
  #watcher: FSWatcher | null = null;

  constructor(
    private loaded: Loaded,
    private readonly file: string,
    private readonly flags: Readonly<Record<string, string>>,
    private readonly env: NodeJS.ProcessEnv,
    private readonly log: Log,
  ) {}

  get now(): Settings {
    return this.loaded.settings;
  }

  get given(): Loaded['given'] {
    return this.loaded.given;
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
    // Editors replace files, so the name is watched, not the inode.
    this.#watcher = watch(this.file, { ignoreInitial: true, awaitWriteFinish: { stabilityThreshold: 100 } });
    this.#watcher.on('all', () => void this.#reload());
    this.#watcher.on('error', (err) => this.log.warn({ event: 'settings_not_watched', err }));
  }

  async close(): Promise<void> {
    await this.#watcher?.close();
  }

  async #reload(): Promise<void> {
    try {
      const loaded = await loadSettings(this.file, this.flags, this.env);
      // Where the state lies was decided when it was opened.
      loaded.settings.state = this.loaded.settings.state;
      this.loaded = loaded;
    } catch (err) {
      this.log.error({ event: 'settings_refused', why: err instanceof Error ? err.message : String(err) });
      return;
    }
    this.log.info({ event: 'settings_changed' });
    for (const listener of this.#listeners) listener(this.now);
  }
}
