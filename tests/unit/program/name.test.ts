import { expect, test } from 'vitest';
import { nameOf, nameProblem } from '../../../src/program/name.js';

const COMMANDS: [command: string, name: string][] = [
  ['python train.py --lr 0.1', 'train'],
  ['python3.11 -u src/train_flow.py', 'train_flow'],
  ['/opt/conda/bin/python -X dev -W ignore train.py', 'train'],
  ['python -m package.train --lr 1', 'train'],
  ['python -m package.__main__', 'package'],
  ['python -m torch.distributed.run --nproc_per_node 2 train.py', 'train'],
  ['node /opt/expd/dist/bin/expd-train.cjs flow2d', 'flow2d'],
  ['expd-train autoencoder steps=3', 'autoencoder'],
  ['python -c print(1)', 'python'],
  ['python', 'python'],
  ['torchrun --nproc_per_node=2 train.py', 'train'],
  ['torchrun --nproc-per-node 2 --standalone train.py', 'train'],
  ['torchrun --nnodes 2 --rdzv_endpoint host:1 -m package.train', 'train'],
  ['accelerate launch --num_processes 2 --multi_gpu train.py', 'train'],
  ['accelerate launch --mixed_precision fp16 -m package.train', 'train'],
  ['accelerate config', 'accelerate'],
  ['uv run train.py', 'train'],
  ['uv run --with numpy python -m package.train', 'train'],
  ['node --import tsx train.mjs', 'train'],
  ['node train.mjs', 'train'],
  ['bash run.sh', 'run'],
  ['bash -c sleep', 'bash'],
  ['bash -lc sleep', 'bash'],
  ['env LR=1 python train.py', 'train'],
  ['nohup python train.py', 'train'],
  ['nice -n 10 python train.py', 'train'],
  ['nice python train.py', 'train'],
  ['stdbuf -o L python train.py', 'train'],
  ['timeout -k 5 2h python train.py', 'train'],
  ['conda run -n torch --no-capture-output python train.py', 'train'],
  ['conda install torch', 'conda'],
  ['deepspeed --num_gpus 2 train.py --deepspeed_config c.json', 'train'],
  ['./sweep.sh', 'sweep'],
  ['/bin/true', 'true'],
  ['python mein_Übung.py', 'mein__bung'],
  ['python 42.py', 'run_42'],
  ['python -- -x.py', 'x'],
  ['python train.py.py', 'train.py'],
];

test.each(COMMANDS)('%s is named %s', (command, name) => {
  expect(nameOf(command.split(' '))).toBe(name);
});

test('a derived name is always valid', () => {
  for (const argv of [['é'], [''], ['/'], ['-'], ['@x'], ['x'.repeat(300)], ['a b.py'], ['\n'], ['..']])
    expect(nameProblem(nameOf(argv)), JSON.stringify(argv)).toBeNull();
});

test.each([
  '',
  ' ',
  'a b',
  'a/b',
  '7',
  '007',
  '-x',
  '@x',
  'é',
  'x'.repeat(129),
  'x'.repeat(4096),
  'a\nb',
  'a,b',
])('%j is refused', (name) => {
  expect(nameProblem(name)).not.toBeNull();
  expect(nameProblem(name)!.length).toBeLessThan(200);
});

test.each(['a', 'A.b_c-9', '7b', '..', 'x'.repeat(128)])('%j is a name', (name) => {
  expect(nameProblem(name)).toBeNull();
});
