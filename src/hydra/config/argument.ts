import { dictRepr, repr, str } from '../python/text.js';
import { Dict, type Key, PathValue, type Value } from '../value.js';
import {
  type Container,
  children,
  isContainer,
  isNode,
  items,
  Leaf,
  ListNode,
  type Node,
  plainContent,
  Result,
} from './node.js';

/** What a resolver gets and gives: values, and nodes of the tree where a mapping or a list of it is meant. */
export type Argument = Value | Container | readonly Argument[] | Dict<Argument>;

/** The value of a leaf, the special content of a container, else the container itself. */
export function argumentOf(found: Argument | Node): Argument {
  if (!isNode(found)) return found;
  const content = plainContent(found);
  if (content !== undefined) return content;
  return isContainer(found) ? found : null;
}

/** `str()` of it. */
export function shown(found: Argument | Node): string {
  const argument = argumentOf(found);
  return typeof argument === 'string' || argument instanceof PathValue
    ? str(argument)
    : shownWithin(argument);
}

/** `repr()` of it: interpolations in it stay as they are. */
function shownWithin(argument: Argument | Node): string {
  if (argument instanceof Leaf || argument instanceof Result) return repr(argument.value);
  if (isContainer(argument)) return containerRepr(argument);
  if (isArguments(argument)) return `[${argument.map(shownWithin).join(', ')}]`;
  return argument instanceof Dict ? dictRepr<Argument>(argument, shownWithin) : repr(argument);
}

function containerRepr(node: Container): string {
  const content = plainContent(node);
  if (content === null) return 'None';
  if (content !== undefined) return `'${str(content)}'`;
  return node instanceof ListNode
    ? `[${(items(node) ?? []).map(shownWithin).join(', ')}]`
    : dictRepr(children(node) ?? new Dict<Node>(), shownWithin);
}

/** A value: nodes as they are written, without following interpolations. */
export function plain(argument: Argument): Value {
  if (isContainer(argument)) return contentOf(argument);
  if (isArguments(argument)) return argument.map(plain);
  if (!(argument instanceof Dict)) return argument;
  return Dict.from(
    Array.from<[Key, Argument], [Key, Value]>(argument, ([key, value]) => [key, plain(value)]),
  );
}

const isArguments = (argument: Argument): argument is readonly Argument[] => Array.isArray(argument);

/** A node as it is written. */
export function contentOf(node: Node): Value {
  const content = plainContent(node);
  if (content !== undefined) return content;
  if (node instanceof ListNode) return (items(node) ?? []).map(contentOf);
  const dict = new Dict<Value>();
  if (isContainer(node) && !(node instanceof ListNode))
    children(node)?.forEach((key, child) => {
      dict.set(key, contentOf(child));
    });
  return dict;
}
