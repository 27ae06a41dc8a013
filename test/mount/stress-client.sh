#!/bin/bash
# One of many processes that use a mounted machine at once: stress-client.sh MOUNT ROLE SECONDS SEED
# Prints a line for each thing that must not happen.
cd "$1" || exit 1
role=$2 end=$((SECONDS + $3)) RANDOM=$4
region=sys/devices/platform/hmem.0
drivers=sys/bus/dax/drivers
steps=0

complain() { echo "$role: $*"; }

# Runs a command whose failure is allowed, but not with EIO.
try() {
  local message
  message=$("$@" 2>&1 >/dev/null)
  case $message in *'Input/output error'*) complain "EIO: $* ($message)" ;; esac
}

store() { try eval "echo '$1' > '$2'"; }

read_size() {
  local size
  size=$(cat $region/dax0.0/size 2>/dev/null) || return
  case $size in 2147483648 | 1073741824 | 536870912 | 0) ;; *) complain "torn size '$size'" ;; esac
}

reader() { read_size; try cat $region/dax0.0/uevent; try cat proc/iomem; }
scanner() { try ls -lR sys/bus/dax sys/devices/platform; try cat sys/devices/system/memory/memory*/state; }
binder() {
  local driver=device_dax
  [ $((RANDOM % 2)) = 0 ] && driver=kmem
  store dax0.0 $drivers/$driver/unbind
  store dax0.0 $drivers/$driver/new_id
  store dax0.0 $drivers/$driver/remove_id
}
resizer() {
  local sizes=(2147483648 1073741824 536870912 0)
  store dax0.0 $drivers/kmem/unbind
  store "${sizes[RANDOM % 4]}" $region/dax0.0/size
}
onliner() {
  local states=(online online_movable offline)
  store "${states[RANDOM % 3]}" sys/devices/system/memory/memory$((73 + RANDOM % 6))/state
}
creator() {
  store 1 $region/dax_region/create
  store "dax0.$((1 + RANDOM % 3))" $region/dax_region/delete
}
prober() { store dax0.0 sys/bus/dax/drivers_probe; store change $region/uevent; }

while [ $SECONDS -lt $end ]; do
  $role
  steps=$((steps + 1))
done
echo "steps $steps"
