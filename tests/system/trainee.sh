#!/bin/bash
# A training script as people write them: counts steps, saves each as a checkpoint and logs it, goes on from where it was.
# NAME.finish in the home directory lets it end with the exit status that is written there.
# With "polite" it saves and exits with 0 when it is told to terminate.
step=${EXPD_RESUME_STEP:-0}
echo "attempt $EXPD_ATTEMPT pid $$ from $step" >> ~/$EXPD_RUN_NAME.log
cat /proc/self/cgroup > ~/$EXPD_RUN_NAME.cgroup

save() {
  local name part
  name=$(printf 'step-%08d' "$step")
  part=$EXPD_CHECKPOINT_DIR/.$name.part
  mkdir -p "$part"
  echo "$step" > "$part/weights"
  printf '{"v":1,"step":%d,"files":{"weights":{"size":%d,"sha256":"%s"}}}' "$step" \
    "$(stat -c %s "$part/weights")" "$(sha256sum < "$part/weights" | cut -d ' ' -f 1)" > "$part/MANIFEST.json"
  sync "$part" "$part"/*
  mv -T "$part" "$EXPD_CHECKPOINT_DIR/$name"
}

if [[ ${1:-} == polite ]]; then
  trap 'echo "attempt $EXPD_ATTEMPT saved and left" >> ~/$EXPD_RUN_NAME.log; exit 0' TERM
fi
if [[ ${1:-} == daemonic ]]; then
  # Leaves the tree of the run as far as it can.
  setsid bash -c 'trap "" TERM HUP INT; echo $$ > ~/daemonic.pid; exec sleep 10000' > /dev/null 2>&1 < /dev/null &
  disown
fi
while [[ ! -e ~/$EXPD_RUN_NAME.finish ]]; do
  step=$((step + 1))
  save
  printf '{"step":%d,"loss":%d}\n' "$step" "$((1000 - step))" >> "$EXPD_METRICS"
  sleep 0.2 & wait $!
done
exit "$(< ~/$EXPD_RUN_NAME.finish)"
