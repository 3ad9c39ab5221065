/** What whoever started the training can act on: one line. `exit`: 2 for its command line, else 1. */
export class TrainerError extends Error {
  constructor(
    message: string,
    readonly exit: 1 | 2 = 1,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'TrainerError';
  }
}
