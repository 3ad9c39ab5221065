/** Items that are worked on in one turn of the event loop: some milliseconds at most. */
const A_SLICE = 64;

/** Each item in order, with the event loop's turn between slices: an end of a run does not wait for a thousand answers. */
export async function inSlices<Item, Made>(
  items: readonly Item[],
  make: (item: Item, index: number) => Made | Promise<Made>,
): Promise<Made[]> {
  const made: Made[] = [];
  for (const [index, item] of items.entries()) {
    if (index > 0 && index % A_SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
    made.push(await make(item, index));
  }
  return made;
}
