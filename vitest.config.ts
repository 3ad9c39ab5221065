import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // What hangs is to be noticed, nothing else: on a busy machine all takes many times as long.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Real processes, sockets and disks: two files at a time suit two cores.
    maxWorkers: 2,
    pool: 'forks',
  },
});
