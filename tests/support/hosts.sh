# SPDX-License-Identifier: MIT
# hosts.sh - sourced by tests: network namespaces that are hosts to an MPI, host1, host2 .. on one switch, each with an address and a
# name of its own. Processes, files and memory are one machine's.
#     hosts_missing || exit 77      prints what is missing for it
#     hosts_up FOLDER N             FOLDER gets the files of it; hosts_down ends all, what runs there included
#     on_host I COMMAND..           FOLDER/agent is the same for launchers, in place of ssh
#     mpi_on_hosts LAUNCHER N       sets mpi_words, what is typed on host 1 for a rank on each of N hosts
hosts_tag=kr$$

hosts_missing() {
    [ "$(id -u)" = 0 ] || { echo "only root can make network namespaces"; return 1; }
    local tool
    for tool in ip tc unshare ss; do
        command -v $tool >/dev/null || { echo "$tool is not installed (Debian: iproute2, util-linux)"; return 1; }
    done
    ip netns add $hosts_tag-try 2>/dev/null || { echo "network namespaces cannot be made here"; return 1; }
    ip netns del $hosts_tag-try
}

hosts_up() { # FOLDER N
    hosts_folder=$1
    local i
    printf '127.0.0.1 localhost\n' >"$1/hosts"
    for i in $(seq "$2"); do echo "10.77.0.$i host$i" >>"$1/hosts"; done
    write_agent
    ip netns add $hosts_tag-switch
    ip -n $hosts_tag-switch link add switch type bridge
    ip -n $hosts_tag-switch link set switch up
    for i in $(seq "$2"); do
        ip netns add $hosts_tag-$i
        ip -n $hosts_tag-$i link add eth0 type veth peer name port$i netns $hosts_tag-switch
        ip -n $hosts_tag-switch link set port$i master switch up
        ip -n $hosts_tag-$i addr add 10.77.0.$i/24 dev eth0
        ip -n $hosts_tag-$i link set lo up
        ip -n $hosts_tag-$i link set eth0 up
    done
}

hosts_down() {
    local name
    for name in $(ip netns list 2>/dev/null | awk -v tag="$hosts_tag-" 'index($1, tag) == 1 {print $1}'); do
        ip netns pids "$name" | xargs -r kill -KILL
        ip netns del "$name"
    done
}

# agent [-OPTION..] HOST COMMAND..: as ssh, which gives the words to a shell.
write_agent() {
    cat >"$hosts_folder/agent" <<AGENT
#!/bin/bash
while [[ \$1 = -* ]]; do shift; done
host=\$1
shift
exec ip netns exec $hosts_tag-\${host#host} unshare --uts bash -c 'hostname "\$0"; mount --bind "$hosts_folder/hosts" /etc/hosts
    exec bash -c "\$1"' "\$host" "\$*"
AGENT
    chmod +x "$hosts_folder/agent"
}

on_host() { # I COMMAND..
    local i=$1
    shift
    "$hosts_folder/agent" "host$i" "$(printf '%q ' "$@")"
}
host_pids() { ip netns pids $hosts_tag-"$1"; }
host_cut() { ip -n $hosts_tag-"$1" link set eth0 down; }
host_mend() { ip -n $hosts_tag-"$1" link set eth0 up; }
# Bytes that a host has sent so far.
host_sent() { ip -n $hosts_tag-"$1" -s link show dev eth0 | awk '/TX:/ {getline; print $1}'; }
# What a host sends goes through this queue (words of tc), or through none again.
host_queue() { tc -n $hosts_tag-"$1" qdisc replace dev eth0 root "${@:2}"; }
host_no_queue() { tc -n $hosts_tag-"$1" qdisc del dev eth0 root 2>/dev/null || true; }

mpi_on_hosts() { # LAUNCHER N
    local names
    names=$(seq -f host%g -s, "$2")
    case $1 in
    *mpich*) # UCX takes hosts of one kernel for one machine
        export UCX_TLS=tcp,self UCX_NET_DEVICES=eth0
        mpi_words=("$1" -launcher ssh -launcher-exec "$hosts_folder/agent" -hosts "$names" -ppn 1 -n "$2")
        ;;
    *)
        export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_mpi_yield_when_idle=1
        export OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_plm_rsh_agent=$hosts_folder/agent
        export OMPI_MCA_btl=tcp,self OMPI_MCA_btl_tcp_if_include=eth0 OMPI_MCA_oob_tcp_if_include=eth0
        # Silence of so many seconds is looked into, that often, that many times (of itself: 300, 20, 9).
        export OMPI_MCA_oob_tcp_keepalive_time=4 OMPI_MCA_oob_tcp_keepalive_intvl=2 OMPI_MCA_oob_tcp_keepalive_probes=3
        mpi_words=("$1" --host "$names" -n "$2")
        ;;
    esac
}
