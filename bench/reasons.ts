/** Why a finding misses, by its id; told in RESULTS.md only while it does. */
export const REASONS: Readonly<Record<string, string>> = {
  next: `with state and project in memory it takes 2.6 to 3.0 ms. Of these the shim takes 0.3 to see and record the end,
  the daemon's JavaScript 0.9 (how it ended, what is next, directory, records and environment of that), its SQL 0.3,
  and two forks, a cgroup and exec 1.2, of which 0.5 are the run's own, as under task-spooler. The disk adds the fsync of
  the one transaction that ends the one run and claims the next (0.4 ms and more), and 16 new files and directories,
  where task-spooler makes one file and waits for nothing. A directory made before the run
  before it ends would serve jobs of milliseconds alone: its name has the time of the start`,
  sweep: `a thousand submissions are four transactions of about a megabyte, each fsynced; task-spooler keeps its queue in
  memory. Before everything else on the machine (real time) it took 0.17 to 0.20`,
  logs: `the rounds lie on both sides of the bound. Of 0.6 s the start of the client takes 0.05, which tail does not have;
  the rest is copied at nine tenths of its rate`,
  'queued-rss': `113 to 128 MB from one daemon to the next. 41 MB are the program text of Node, of which a bare one has as much;
  the heaps are 30 MB (22 of them live) and 17 MB (6 live), the rest are SQLite's pages and what malloc keeps`,
  loop: `not found yet: in JavaScript the longest stretches seen are collections of 3 ms. Before everything else on the
  machine (real time) it was 8 ms in two rounds of three`,
};
