/** What the arguments of a function do wrong: the message follows the name of the function. */
export class Refusal extends Error {}
