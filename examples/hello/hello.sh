#!/bin/sh
# Counts to 20 with a progress bar that redraws its line, as training scripts do: something to submit first.
#
#   sh hello.sh [STEPS] [SECONDS_PER_STEP]
#   expctl submit -- sh examples/hello/hello.sh 50 0.2
#
# Asked to stop (SIGTERM) it says so and ends by that same signal, so that whoever waits for it sees the truth.

steps=${1:-20}
pause=${2:-0.5}
step=0

asked_to_stop() {
  printf '\nasked to stop at step %d of %d\n' "$step" "$steps"
  kill "$sleeper" 2>/dev/null
  trap - TERM
  kill -TERM $$
}
trap asked_to_stop TERM

echo "hello from ${EXPD_RUN_NAME:-a shell}, attempt ${EXPD_ATTEMPT:-1}"
while [ "$step" -lt "$steps" ]; do
  sleep "$pause" & # in the background: a shell answers signals while it waits, not while a program runs
  sleeper=$!
  wait "$sleeper"
  step=$((step + 1))
  bar=$(printf '%*s' $((step * 30 / steps)) '' | tr ' ' '#')
  printf '\r[%-30s] %d/%d' "$bar" "$step" "$steps"
  [ -z "$EXPD_METRICS" ] || printf '{"step":%d,"progress":%d}\n' "$step" $((step * 100 / steps)) >>"$EXPD_METRICS"
done
printf '\ndone\n'
