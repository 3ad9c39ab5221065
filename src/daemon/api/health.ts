import { status } from '@grpc/grpc-js';
import { Bell } from '../../bell.js';
import {
  type HealthCheckRequest,
  type HealthCheckResponse,
  type HealthServer,
  HealthCheckResponse_ServingStatus as Serving,
} from '../../gen/grpc/health/v1/health.js';
import type { Calls } from './call.js';
import { CallEnded } from './errors.js';

/** The standard health service. Whoever is answered is served; the end of the daemon ends the watch. */
export function healthService(calls: Calls, services: ReadonlySet<string>): HealthServer {
  const known = (service: string): boolean => service === '' || services.has(service);
  return {
    check: calls.unary<HealthCheckRequest, HealthCheckResponse>('Health.Check', ({ service }) => {
      if (!known(service)) throw new CallEnded(status.NOT_FOUND, `there is no service ${service}`);
      return { status: Serving.SERVING };
    }),
    watch: calls.serverStream<HealthCheckRequest, HealthCheckResponse>(
      'Health.Watch',
      1,
      async ({ service }, out) => {
        await out.send({ status: known(service) ? Serving.SERVING : Serving.SERVICE_UNKNOWN });
        await new Bell().wait(out.signal);
      },
    ),
  };
}
