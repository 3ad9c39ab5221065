import { join } from 'node:path';
import { eventFiles } from './event-files.js';
import { EventReader } from './reader.js';

/** Tags of the scalars and images in a directory's event files: what `rewind` has to name. Reads all of them. */
export function curveTags(directory: string): string[] {
  const tags = new Set<string>();
  for (const name of eventFiles(directory)) {
    const reader = new EventReader(join(directory, name));
    try {
      for (const event of reader.events())
        if (event.kind === 'values')
          for (const { kind, tag } of event.values) if (kind === 'scalar' || kind === 'image') tags.add(tag);
    } finally {
      reader.close();
    }
  }
  return [...tags];
}
