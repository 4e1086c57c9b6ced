#!/usr/bin/env bash
# A Slurm of one node on this machine, for tests of job arrays. Needs root, and its packages: apt-get install slurm-wlm munge
#   scripts/slurm.sh start FOLDER   state and logs go to FOLDER; then sbatch, squeue and scancel, as anywhere
#   scripts/slurm.sh stop FOLDER
# Arrays have at most 4 tasks, so that tests meet the limit.
set -euo pipefail
action=${1:?start or stop}
folder=$(mkdir -p "${2:?a folder}" && cd "$2" && pwd)
host=$(hostname -s)

stop() {
  for name in slurmd slurmctld munged; do
    if [ -s "$folder/$name.pid" ]; then kill "$(cat "$folder/$name.pid")" 2>/dev/null || true; fi
  done
}

if [ "$action" = stop ]; then
  stop
  exit 0
fi
mkdir -p "$folder/state" "$folder/spool" /run/munge /var/log/munge /var/lib/munge /etc/slurm
[ -s /etc/munge/munge.key ] || dd if=/dev/urandom of=/etc/munge/munge.key bs=128 count=1 2>/dev/null
chown -R munge: /run/munge /var/log/munge /var/lib/munge /etc/munge
chmod 400 /etc/munge/munge.key
if ! munge -n >/dev/null 2>&1; then
  runuser -u munge -- munged
  sleep 1
  cp /run/munge/munged.pid "$folder/munged.pid" 2>/dev/null || true
fi
cat >/etc/slurm/slurm.conf <<EOF
ClusterName=test
SlurmctldHost=$host
AuthType=auth/munge
SlurmUser=root
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
MaxArraySize=4
NodeName=$host CPUs=$(nproc) RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
EOF
slurmctld
slurmd
for _ in $(seq 20); do
  if sinfo -h -o %T 2>/dev/null | grep -qE 'idle|mix|alloc'; then
    echo "Slurm runs: $(sinfo -h -o '%N %c cores %T')"
    exit 0
  fi
  sleep 1
done
echo "Slurm did not start: see $folder/slurmctld.log and slurmd.log" >&2
exit 1
