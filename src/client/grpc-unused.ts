/**
 * Stands in the bundle for @grpc/grpc-js, whose client constructors the generated code builds at load and nobody here
 * calls: ./transport.js speaks to the daemon with the generated codecs alone. Loading the library takes as long as all
 * the rest of a short command.
 */
export class Client {}

export const makeGenericClientConstructor = (): typeof Client => Client;
