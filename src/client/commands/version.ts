import { DaemonService } from '../../gen/expd/v1/daemon.js';
import { PROTOCOL, VERSION } from '../../protocol.js';
import { plain } from '../render/plain.js';
import { type Context, verb } from '../verb.js';

export const version = verb({
  name: 'version',
  operands: '',
  takes: [0, 0],
  summary: 'the versions of expctl and of the running daemon',
  flags: {},
  examples: [['expctl version', 'starts no daemon']],
  starts: 'never',
  async run(context) {
    const running = await daemonVersion(context);
    return {
      json: { expctl: VERSION, protocol: PROTOCOL, node: process.version, daemon: running },
      text: () => [`expctl ${VERSION}`, running === null ? 'no daemon runs' : `expd ${plain(running)}`],
    };
  },
});

const daemonVersion = ({ daemon }: Context): Promise<string | null> =>
  daemon.call(DaemonService.info, {}).then(
    (info) => info.version,
    () => null,
  );
