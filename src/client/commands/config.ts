import { DaemonService, type Setting } from '../../gen/expd/v1/daemon.js';
import type { Json } from '../render/output.js';
import { plain } from '../render/plain.js';
import { table } from '../render/table.js';
import { verb } from '../verb.js';

export const config = verb({
  name: 'config show',
  operands: '',
  takes: [0, 0],
  summary: 'every setting of the daemon, with its value and where that comes from',
  flags: {},
  examples: [['expctl config show', 'flag > environment (EXPD_…) > settings.yaml > default']],
  async run({ daemon }) {
    const [{ settings }, { notices }] = await Promise.all([
      daemon.call(DaemonService.showConfig, {}),
      daemon.call(DaemonService.info, {}),
    ]);
    return {
      json: {
        settings: settings.map(({ key, value, origin, description }) => ({
          key,
          value: parsed(value),
          origin,
          description,
        })),
      },
      text: (style) =>
        table<Setting>(
          [
            { title: 'SETTING', cell: ({ key }) => plain(key) },
            { title: 'VALUE', cell: ({ value }) => plain(value), shrinks: true },
            { title: 'FROM', cell: ({ origin }) => plain(origin) },
            { title: 'WHAT IT IS', cell: ({ description }) => plain(description), shrinks: true },
          ],
          settings,
          style.width,
        ),
      warnings: notices,
    };
  },
});

/** A value that is not JSON stays the text that it is. */
function parsed(value: string): Json {
  try {
    const json: Json = JSON.parse(value);
    return json;
  } catch {
    return value;
  }
}
