/** How a user calls what differs, where the field's name is not the option's. */
const NAMES: Readonly<Record<string, string>> = {
  argv: 'command',
  cwd: 'working directory',
  timeLimitMs: 'time limit',
  graceMs: 'grace',
  warn: 'warning signal',
  requeueExits: 'requeue exit',
  resumeArg: 'resume argument',
  topLevel: 'top level setting',
  killOnFailedDependency: 'kill-on-failed-dep',
  held: 'hold',
};

/** Names of the fields in which two submissions differ. Both are JSON. */
export function differences(
  first: Readonly<Record<string, unknown>>,
  second: Readonly<Record<string, unknown>>,
): string[] {
  return [...new Set([...Object.keys(first), ...Object.keys(second)])]
    .filter((field) => canonical(first[field]) !== canonical(second[field]))
    .map((field) => NAMES[field] ?? field);
}

/** Equal for equal JSON, whatever the order of its keys. */
const canonical = (value: unknown): string =>
  JSON.stringify(value ?? null, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
