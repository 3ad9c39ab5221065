// Loaded into a daemon by --require: how long its event loop stood still, in a file at its end.
//   late      what monitorEventLoopDelay sees; also of a thread that was not let run, and of a machine that stood still
//   executed  processor time of the loop's thread from one turn to the next
const { isMainThread } = require('node:worker_threads');
const { LOOP_DELAY_FILE: file } = process.env;
if (isMainThread && file) {
  const { createHistogram, monitorEventLoopDelay } = require('node:perf_hooks');
  const { openSync, readSync, writeFileSync } = require('node:fs');
  const late = monitorEventLoopDelay({ resolution: 1 });
  late.enable();
  const executed = createHistogram();

  // proc(5), schedstat: the first number is nanoseconds on a processor.
  const schedstat = openSync('/proc/thread-self/schedstat', 'r');
  const space = Buffer.alloc(128);
  const ran = () => Number(space.toString('latin1', 0, readSync(schedstat, space, 0, 128, 0)).split(' ')[0]);
  let last = ran();
  setInterval(() => {
    const now = ran();
    executed.record(Math.max(1, now - last));
    last = now;
  }, 1).unref();

  // The start of the process is not what is asked about.
  process.on('SIGUSR2', () => {
    for (const histogram of [late, executed]) histogram.reset();
  });
  const ms = (histogram) => ({ p99: histogram.percentile(99) / 1e6, max: histogram.max / 1e6 });
  process.on('exit', () => writeFileSync(file, JSON.stringify({ late: ms(late), executed: ms(executed) })));
}
