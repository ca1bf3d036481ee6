# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# lib.sh: what the shell tests share. `run` has set BUILD, TMP, E2E and E2E_SHARED.
set -u
umask 022
: "${BUILD:?run it with tests/e2e/run}" "${TMP:?}" "${E2E:?}" "${E2E_SHARED:=$TMP/shared}"
export LC_ALL=C
RUN=$TMP/run # the runtime root
R=$TMP/rootfs
CODE=0 OUT='' ERR=''

porthole() { "$BUILD/porthole" --root "$RUN" "$@"; }
flat() { printf '%s' "$*" | tr '\n\t' '|  ' | cut -c 1-400; }

# The three kinds of sentences.
ok() { printf 'ok - %s\n' "$1"; }
not_ok() { printf 'not ok - %s: %s\n' "$1" "$(flat "$2")"; }
skip() { printf 'skip - %s: %s\n' "$1" "$2"; }
skip_all() { skip "$1" "$2"; exit 0; }

# is SENTENCE WANTED SEEN
is() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "wanted '$(flat "$2")', saw '$(flat "$3")'"; fi; }
# like SENTENCE PATTERN SEEN: a shell pattern
like() {
	# shellcheck disable=SC2254 # a pattern it is
	case $3 in $2) ok "$1" ;; *) not_ok "$1" "wanted '$(flat "$2")', saw '$(flat "$3")'" ;; esac
}
# holds SENTENCE COMMAND...: succeeds; fails SENTENCE COMMAND...: does not
holds() { s=$1; shift; if seen=$("$@" 2>&1); then ok "$s"; else not_ok "$s" "$* failed: $seen"; fi; }
fails() { s=$1; shift; if seen=$("$@" 2>&1); then not_ok "$s" "$* did not fail: $seen"; else ok "$s"; fi; }

# try COMMAND...: sets CODE, OUT, ERR
try() {
	"$@" >"$TMP/.out" 2>"$TMP/.err" </dev/null
	CODE=$?
	OUT=$(cat "$TMP/.out") ERR=$(cat "$TMP/.err")
}
# box [RUN OPTION...] [--] COMMAND...: a container `c` on $R in the foreground, as try
box() {
	opts=
	while [ $# -gt 0 ]; do
		case $1 in
		--) shift; break ;;
		-*=*) opts="$opts '$1'" ;; # options are written --x=V here
		-*) opts="$opts $1" ;;
		*) break ;;
		esac
		shift
	done
	eval "try porthole run --rootfs \"\$R\" $opts c -- \"\$@\""
}
# refused SENTENCE CODE PATTERN: the last try failed with that code and one line on stderr, nothing on stdout
refused() {
	if [ "$CODE" != "$2" ]; then
		not_ok "$1" "exit code $CODE, stderr '$ERR'"
	elif [ -n "$OUT" ] || [ "$(wc -l <"$TMP/.err")" != 1 ]; then
		not_ok "$1" "not one line: stdout '$OUT', stderr '$ERR'"
	else
		like "$1" "porthole: $3" "$ERR"
	fi
}

# await SECONDS COMMAND...: until it succeeds; false where it never does
await() {
	rounds=$(($1 * 50)); shift
	while ! "$@" >/dev/null 2>&1; do
		rounds=$((rounds - 1))
		[ $rounds -gt 0 ] || return 1
		sleep 0.02
	done
}
await_file() { await "${2:-10}" test -s "$1" || echo "await_file: $1 did not come" >&2; }
gone() { ! [ -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"; }

# rootfs DIR: a root file system of busybox, with probe (probe.c) in /bin
rootfs() {
	if ! [ -d "$E2E_SHARED/rootfs" ]; then
		made=$E2E_SHARED/new.$$
		mkdir -p "$made/bin" "$made/etc" "$made/root"
		cp "$(command -v busybox)" "$made/bin/busybox"
		(cd "$made/bin" && ./busybox --list | while read -r a; do [ "$a" = busybox ] || printf '%s\0' "$a"; done |
			xargs -0 -n 1 ln -s busybox)
		probe "$made/bin/probe"
		printf 'root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000:Ann:/home/ann:/bin/sh\n' >"$made/etc/passwd"
		printf 'root:x:0:\nann:x:1000:\nstaff:x:50:ann\naudio:x:29:bob,ann\nempty:x:60:\n' >"$made/etc/group"
		mv "$made" "$E2E_SHARED/rootfs"
	fi
	cp -a "$E2E_SHARED/rootfs" "$1"
}
# probe FILE: the static helper program
probe() {
	if ! [ -x "$E2E_SHARED/probe" ]; then
		mkdir -p "$E2E_SHARED"
		for cc in musl-gcc gcc cc; do
			command -v $cc >/dev/null && $cc -O1 -static -o "$E2E_SHARED/probe" "$E2E/probe.c" && break
		done
	fi
	cp "$E2E_SHARED/probe" "$1"
}

# An ordinary user: a number that nobody has.
SOMEBODY=41001
while getent passwd "$SOMEBODY" >/dev/null 2>&1; do SOMEBODY=$((SOMEBODY + 1)); done
# as_somebody COMMAND...: with its own programs, runtime folder and nothing of root's environment
as_somebody() {
	if ! [ -d "$TMP/bin" ]; then
		mkdir "$TMP/bin" "$TMP/xdg"
		cp "$BUILD/porthole" "$BUILD/porthole-init" "$TMP/bin/"
		chown -R "$SOMEBODY:$SOMEBODY" "$TMP/xdg"
		chmod 700 "$TMP/xdg"
	fi
	setpriv --reuid="$SOMEBODY" --regid="$SOMEBODY" --clear-groups \
		env -i PATH="$TMP/bin:$PATH" XDG_RUNTIME_DIR="$TMP/xdg" HOME=/ "$@"
}
# need_userns SENTENCE: ends the test where users may not make user namespaces
need_userns() {
	as_somebody unshare -Ur true 2>/dev/null || skip_all "$1" "ordinary users may not make user namespaces here"
}
