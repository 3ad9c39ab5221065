/** A message with every field at its default, but those given. */
export const of = <Message extends object>(
  type: { decode(bytes: Uint8Array): Message },
  changes: Partial<Message> = {},
): Message => ({ ...type.decode(new Uint8Array()), ...changes });
