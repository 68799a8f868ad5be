# SPDX-License-Identifier: MIT
# scratch.sh - sourced by tests: scratch_folder prints a new folder. It is in memory where that has room,
# unless TMPDIR says otherwise: krait waits until what it writes has reached the disk, twenty times a run.
scratch_folder() {
    local kib
    kib=$(df --output=avail -k /dev/shm 2>/dev/null | tail -1) || true
    if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ] && [ "${kib:-0}" -gt 1000000 ]; then
        mktemp -d -p /dev/shm
    else
        mktemp -d
    fi
}
