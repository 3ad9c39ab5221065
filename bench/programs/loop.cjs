// Loaded into a daemon by --require: how late its event loop was, in a file at its end.
const { isMainThread } = require('node:worker_threads');
const { LOOP_DELAY_FILE: file } = process.env;
if (isMainThread && file) {
  const { monitorEventLoopDelay } = require('node:perf_hooks');
  const { writeFileSync } = require('node:fs');
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  // The start of the process is not what is asked about.
  process.on('SIGUSR2', () => delay.reset());
  const dump = () => {
    const ms = (ns) => ns / 1e6;
    writeFileSync(
      file,
      JSON.stringify({
        count: delay.count,
        p50: ms(delay.percentile(50)),
        p99: ms(delay.percentile(99)),
        p999: ms(delay.percentile(99.9)),
        max: ms(delay.max),
      }),
    );
  };
  process.on('exit', dump);
}
