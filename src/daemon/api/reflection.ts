import { type ServerDuplexStream, type ServiceDefinition, status } from '@grpc/grpc-js';
import { DESCRIPTORS, type Descriptor } from '../../gen/descriptors.js';
import {
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  ServerReflectionService,
} from '../../gen/grpc/reflection/v1/reflection.js';
import type { Served } from './server.js';

type Call = ServerDuplexStream<ServerReflectionRequest, ServerReflectionResponse>;
type Answer = NonNullable<ServerReflectionResponse['messageResponse']>;

/** Server reflection: what is served here, for tools that have no proto files. Answers from generated descriptors. */
export function reflection(): Served[] {
  const implementation = { serverReflectionInfo: (call: Call) => converse(call) };
  return [
    [ServerReflectionService, implementation],
    [alpha, implementation],
  ];
}

/** The same protocol under its older name, which grpcio's client and older tools speak. */
const alpha: ServiceDefinition = {
  serverReflectionInfo: {
    ...ServerReflectionService.serverReflectionInfo,
    path: '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
  },
};

function converse(call: Call): void {
  call.on('data', (request: ServerReflectionRequest) => {
    const answer = { validHost: request.host, originalRequest: request, messageResponse: reply(request) };
    // A caller that does not read is not read from either.
    if (call.write(answer)) return;
    call.pause();
    call.once('drain', () => call.resume());
  });
  call.on('end', () => call.end());
  call.on('error', () => {});
}

function reply({ messageRequest: asked }: ServerReflectionRequest): Answer {
  switch (asked?.$case) {
    case 'listServices': {
      const service = DESCRIPTORS.flatMap(({ services }) => services).map((name) => ({ name }));
      return { $case: 'listServicesResponse', value: { service } };
    }
    case 'fileByFilename':
      return files(DESCRIPTORS.find(({ name }) => name === asked.value));
    case 'fileContainingSymbol':
      return files(DESCRIPTORS.find(({ symbols }) => symbols.includes(asked.value)));
    case 'allExtensionNumbersOfType':
      return {
        $case: 'allExtensionNumbersResponse',
        value: { baseTypeName: asked.value, extensionNumber: [] },
      };
    case 'fileContainingExtension':
      return refused(status.NOT_FOUND, 'there are no extensions');
    case undefined:
      return refused(status.INVALID_ARGUMENT, 'nothing is asked');
  }
  asked satisfies never;
}

/** The file and all that it needs. */
function files(file: Descriptor | undefined): Answer {
  if (file === undefined) return refused(status.NOT_FOUND, 'there is no such file or symbol');
  const needed = new Map<string, Descriptor>();
  const add = (one: Descriptor | undefined): void => {
    if (one === undefined || needed.has(one.name)) return;
    needed.set(one.name, one);
    for (const dependency of one.dependencies) add(DESCRIPTORS.find(({ name }) => name === dependency));
  };
  add(file);
  const fileDescriptorProto = [...needed.values()].map(({ base64 }) => Buffer.from(base64, 'base64'));
  return { $case: 'fileDescriptorResponse', value: { fileDescriptorProto } };
}

const refused = (errorCode: status, errorMessage: string): Answer => ({
  $case: 'errorResponse',
  value: { errorCode, errorMessage },
});
