// Loaded into a daemon by --require: what a daemon weighs that has served for months.
const { isMainThread } = require('node:worker_threads');
if (isMainThread) globalThis.ballast = Buffer.alloc(400 << 20, 1);
