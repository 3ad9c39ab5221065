/** What is to be done to a text, line by line: `@3` is where, `-` what goes, `+` what comes. */
export function changes(before: string, after: string): string {
  const [old, now] = [linesOf(before), linesOf(after)];
  const common = longestCommon(old, now);
  let [a, b, within, text] = [0, 0, false, ''];
  while (a < old.length || b < now.length) {
    if (a < old.length && old[a] === now[b]) {
      [a, b, within] = [a + 1, b + 1, false];
      continue;
    }
    if (!within) text += `@${a + 1}\n`;
    within = true;
    const goes = b >= now.length || (a < old.length && common[a + 1]![b]! >= common[a]![b + 1]!);
    text += goes ? `-${old[a++]}\n` : `+${now[b++]}\n`;
  }
  return text;
}

const linesOf = (text: string): string[] => text.split('\n').slice(0, -1);

/** For each pair of places, how many lines the two have in common from there on. */
function longestCommon(a: readonly string[], b: readonly string[]): number[][] {
  const table = Array.from({ length: a.length + 1 }, () => Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      table[i]![j] =
        a[i] === b[j] ? table[i + 1]![j + 1]! + 1 : Math.max(table[i + 1]![j]!, table[i]![j + 1]!);
  return table;
}
