#!/bin/sh
# Starts the dagc-worker binary that is published beside this file. dagc made this file.
#
#   /bin/sh .../.dagc/bin/launch.sh exec --plan FILE --task ID
#
# MWAA copies the DAG folder to its workers file by file, in no promised order and without
# execute bits. So the binary is found through the pointer `worker.sha256` (one line of 64
# hexadecimal digits), checked against it, and run from a private folder under /tmp. What
# has not arrived yet is waited for. Works in any POSIX shell with GNU or BusyBox tools.
#
# Reads  DAGC_WORKER_DIR   where binaries are unpacked (default /tmp/dagc-UID)
#        DAGC_WORKER_WAIT  how many seconds to wait for missing files (default 90)
# Exits  75, which Airflow may retry, when the binary did not arrive or cannot be unpacked;
#        otherwise the process becomes dagc-worker, so that signals reach it.

set -u
umask 077

say() { printf 'dagc launcher: %s\n' "$*" >&2; }
give_up() {
    printf 'error: dagc launcher: %s\n' "$*" >&2
    exit 75
}

bin_dir=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || give_up "cannot enter the folder of $0"
pointer=$bin_dir/worker.sha256
unpack_dir=${DAGC_WORKER_DIR:-/tmp/dagc-$(id -u)}
wait_seconds=${DAGC_WORKER_WAIT:-90}
case $wait_seconds in
'' | *[!0-9]*) give_up "DAGC_WORKER_WAIT is '$wait_seconds', which is no number of seconds" ;;
esac

# The plan that the arguments name: it is published, and may be late, like the binary.
plan=
previous=
for argument in "$@"; do
    case $previous in --plan) plan=$argument ;; esac
    case $argument in --plan=*) plan=${argument#--plan=} ;; esac
    previous=$argument
done

sha256_of() {
    # The name is kept out of the answer: GNU's tool escapes odd ones.
    sha256sum <"$1" 2>/dev/null | cut -d ' ' -f 1
}

read_pointer() {
    wanted=
    [ -f "$pointer" ] && read -r wanted <"$pointer"
    case $wanted in
    *[!0-9a-f]*) return 1 ;;
    esac
    [ "${#wanted}" -eq 64 ]
}

# A folder in /tmp that another user owns, or may write to, could hold another's binary.
is_private() {
    [ ! -L "$1" ] && [ -d "$1" ] && [ -O "$1" ] || return 1
    case $(ls -ld -- "$1") in
    d???------*) return 0 ;;
    *) return 1 ;;
    esac
}

# Two launchers may come here at once: each copies under a name of its own, and the
# renames put the same bytes in place.
unpack() {
    mkdir -m 0700 -p -- "$unpack_dir" 2>/dev/null || [ -e "$unpack_dir" ] || [ -L "$unpack_dir" ] ||
        give_up "cannot make $unpack_dir: is the disk full or read-only? DAGC_WORKER_DIR names another place"
    is_private "$unpack_dir" ||
        give_up "$unpack_dir must be a folder that only user $(id -u) can enter; remove it, or set DAGC_WORKER_DIR"
    mkdir -p -- "$target_dir" || give_up "cannot make $target_dir"
    copy=$(mktemp "$target_dir/.copy.XXXXXX") || give_up "cannot write to $target_dir"
    trap 'rm -f -- "$copy"' EXIT
    trap 'exit 143' TERM
    trap 'exit 130' INT
    cp -- "$source_file" "$copy" || give_up "cannot copy the binary to $target_dir: is the disk full?"
    # The source may be half written, so what is checked is the copy.
    if [ "$(sha256_of "$copy")" != "$wanted" ]; then
        rm -f -- "$copy"
        trap - EXIT TERM INT
        return 1
    fi
    chmod 0755 "$copy" && mv -f -- "$copy" "$target" || give_up "cannot put the binary in place in $target_dir"
    trap - EXIT TERM INT
    remove_old
}

# Binaries of earlier versions. One that a task still runs stays on the disk until the task
# ends, and whoever needs a removed one again unpacks it again.
remove_old() {
    find "$unpack_dir" -mindepth 1 -maxdepth 1 -type d -mtime +7 ! -name "$wanted" \
        -exec rm -rf -- {} + 2>/dev/null
}

waited=0
complaint=
while :; do
    if ! read_pointer; then
        complaint="$pointer is missing or holds no SHA-256"
    else
        source_file=$bin_dir/dagc-worker-$wanted
        target_dir=$unpack_dir/$wanted
        target=$target_dir/dagc-worker
        if [ -n "$plan" ] && [ ! -f "$plan" ]; then
            complaint="the plan $plan is missing"
        elif [ -x "$target" ] && is_private "$unpack_dir"; then
            exec "$target" "$@"
        elif [ ! -f "$source_file" ]; then
            complaint="$source_file is missing"
        elif unpack; then
            exec "$target" "$@"
        else
            complaint="$source_file does not have the SHA-256 in its name: it is still being copied, or broken"
        fi
    fi
    [ "$waited" -lt "$wait_seconds" ] || break
    [ "$waited" -gt 0 ] || say "$complaint; waiting up to $wait_seconds seconds for it to arrive"
    sleep 1
    waited=$((waited + 1))
done
give_up "$complaint, after $wait_seconds seconds. Was everything published?"
