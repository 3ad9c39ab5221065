/** Whether one of two directories is the other or lies in it: what several runs write there has to be told apart. */
export const overlap = (one: string, other: string): boolean =>
  one === other || one.startsWith(below(other)) || other.startsWith(below(one));

const below = (directory: string): string => (directory.endsWith('/') ? directory : `${directory}/`);
