import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Real processes, sockets and disks: two files at a time suit two cores.
    maxWorkers: 2,
    pool: 'forks',
  },
});
