import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text as whole } from 'node:stream/consumers';
import { PACKAGE_ROOT } from '../../install.js';
import { text } from '../arguments.js';
import { ClientError } from '../errors.js';
import { plain } from '../render/plain.js';
import { verb } from '../verb.js';

/** What `expd-train link --json` answers. */
interface Linked {
  version: string;
  gpu: boolean;
  directory: string;
  tensorflow: string;
}

export const tfjsLink = verb({
  name: 'tfjs link',
  operands: '',
  takes: [0, 0],
  summary:
    'make the built-in trainers compute on the TensorFlow of a Python installation: on its GPU where it has one',
  flags: { tf: text('DIR', 'the directory tensorflow of site-packages; default: what python3 would import') },
  examples: [['expctl tfjs link', 'in the environment that has tensorflow; once per machine']],
  starts: 'never',
  async run({ env, cwd }, { flags }) {
    const words = ['link', '--json', ...(flags.tf === undefined ? [] : ['--tf', flags.tf])];
    const linker = spawn(process.execPath, [join(PACKAGE_ROOT, 'dist/bin/expd-train.cjs'), ...words], {
      cwd: cwd(),
      env: { ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [answer, [code]] = await Promise.all([whole(linker.stdout), once(linker, 'exit')]);
    if (code !== 0) throw new ClientError('not_linked', 'nothing was linked', 'what is missing stands above');
    const { version, gpu, directory, tensorflow }: Linked = JSON.parse(answer);
    return {
      json: { version, gpu, directory, tensorflow },
      text: () => [
        `linked: TensorFlow ${plain(version)}, on the ${gpu ? 'GPU' : 'CPU'} (${plain(tensorflow)})`,
      ],
    };
  },
});
