"""A client of expd that knows nothing but its proto files: submits a command, shows what it prints,
ends with its exit code.

    pip install grpcio grpcio-tools
    python client.py "$(expctl daemon status --json | jq -r .socket)" python train.py --lr 0.1
"""

import os
import sys
import uuid
from pathlib import Path

import grpc

PROTO = Path(__file__).resolve().parents[3] / "proto"

# Compiled when it is imported, by grpcio-tools; `python -m grpc_tools.protoc` makes files instead.
sys.path.insert(0, str(PROTO))
errors = grpc.protos("expd/v1/errors.proto")
runs, runs_service = grpc.protos_and_services("expd/v1/runs.proto")
logs, logs_service = grpc.protos_and_services("expd/v1/logs.proto")


def submit(channel, argv):
    """A header with the environment, then the submissions; answered once they are on the disk."""

    def requests():
        # The same request made again after a lost connection answers the same run.
        header = runs.SubmitHeader(request_id=str(uuid.uuid4()), environment=dict(os.environ))
        yield runs.SubmitRequest(header=header)
        submission = runs.Submission(argv=argv, cwd=os.getcwd(), tags=["python"])
        yield runs.SubmitRequest(batch=runs.SubmitBatch(submissions=[submission]))

    result = runs_service.RunsStub(channel).Submit(requests()).results[0]
    if result.HasField("error"):
        sys.exit(f"{result.error.message}; {result.error.hint}")
    return result.run


def follow(channel, run_id):
    """Waits for the run, goes on over its attempts, ends with it."""
    last = None
    for answer in logs_service.LogsStub(channel).Follow(logs.FollowRequest(run=str(run_id))):
        if answer.HasField("chunk"):
            sys.stdout.buffer.write(answer.chunk.data)
            sys.stdout.buffer.flush()
        else:
            last = answer.run
    return last.result_code


def explain(error):
    """The typed detail that every refusal carries beside its status."""
    for key, value in error.trailing_metadata() or ():
        if key == "expd-error-bin":
            detail = errors.ErrorDetail.FromString(value)
            return f"{detail.code}: {detail.message}; {detail.hint}"
    return error.details()


def main(socket, *argv):
    with grpc.insecure_channel(f"unix:{socket}") as channel:
        try:
            run = submit(channel, argv)
            print(f"run {run.id} {run.name}", file=sys.stderr)
            return follow(channel, run.id)
        except grpc.RpcError as error:
            print(explain(error), file=sys.stderr)
            return 125


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
