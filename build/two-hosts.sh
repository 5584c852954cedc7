#!/usr/bin/env bash
# Runs a command on two ranks as if on two machines: network and UTS namespaces of their own, joined by a cable of a given rate. Linux, as root, with iproute2 and OpenMPI or MPICH.
# build/two-hosts.sh RATE openmpi|mpich COMMAND...       RATE: none, 1gbit, 100mbit, ...
set -euo pipefail
skip() { echo "skipped: $1"; exit 0; }
[ $# -ge 3 ] || { sed -n '2,3p' "$0"; exit 2; }
[ "$(uname)" = Linux ] && [ "$(id -u)" = 0 ] || skip "namespaces take Linux and its administrator"
command -v ip >/dev/null && command -v tc >/dev/null || skip "there is no iproute2"
rate=$1 mpi=$2
shift 2
command -v "mpirun.$mpi" >/dev/null || skip "there is no mpirun.$mpi"

work=$(mktemp -d) one=pld$$a two=pld$$b
cleanup() {
    for host in $one $two; do
        ip netns pids $host 2>/dev/null | xargs -r kill -9 2>/dev/null || true
        ip netns del $host 2>/dev/null || true
    done
    rm -rf "$work"
}
trap cleanup EXIT
ip netns add $one 2>/dev/null || skip "namespaces are not allowed here"
ip netns add $two
ip link add cable0 netns $one type veth peer name cable0 netns $two
number=0
printf '127.0.0.1 localhost\n' >"$work/hosts"
for host in $one $two; do
    number=$((number + 1))
    ip -n $host addr add 10.231.7.$number/24 dev cable0
    ip -n $host link set lo up
    ip -n $host link set cable0 up
    printf '10.231.7.%d %s\n' $number $host >>"$work/hosts"
    [ "$rate" = none ] || ip netns exec $host tc qdisc add dev cable0 root tbf rate "$rate" burst 1mb latency 50ms
done

# In place of ssh: [-x] HOST COMMAND...
cat >"$work/on-host" <<'SCRIPT'
#!/bin/sh
[ "$1" = -x ] && shift
host=$1
shift
exec ip netns exec "$host" unshare --uts --mount sh -c 'hostname '"$host"'; mount --bind '"$(dirname "$0")"'/hosts /etc/hosts; eval "$0"' "$*"
SCRIPT
chmod +x "$work/on-host"

# A core each, where there are two.
pin=()
[ "$(nproc)" -ge 2 ] && pin=(sh -c 'case $(hostname) in *a) core=0 ;; *) core=1 ;; esac; exec taskset -c $core "$@"' pinned)
quoted=$(printf '%q ' "${pin[@]}" "$@")
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
if [ "$mpi" = openmpi ]; then
    "$work/on-host" $one "mpirun.openmpi --prefix /usr --host $one:1,$two:1 -n 2 --mca plm_rsh_agent $work/on-host --mca plm_rsh_no_tree_spawn 1 --mca oob_tcp_if_include cable0 --mca pml ob1 --mca btl tcp,self --mca btl_tcp_if_include 10.231.7.0/24 --bind-to none --wdir $PWD -x OMPI_ALLOW_RUN_AS_ROOT=1 -x PATH $quoted"
else
    "$work/on-host" $one "mpirun.mpich -launcher ssh -launcher-exec $work/on-host -hosts $one,$two -iface cable0 -n 2 -ppn 1 -wdir $PWD $quoted"
fi
