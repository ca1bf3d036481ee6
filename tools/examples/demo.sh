#!/bin/sh
# SPDX-License-Identifier: MIT
# demo.sh: a guided tour of a container and its services (units/, bin/). Every command is printed, run, and held against what it has to say.
# BUILD is the folder of porthole and porthole-init; KEEP=1 leaves the container up.
set -u
exec 3>&2

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
build=${BUILD:-$here/../../build/release}
keep=${KEEP:-}
porthole=$build/porthole
prefix='' # what a person has to type before the command, beyond "porthole"
owned='' # the container is ours to end
work=''
tries=2000

fail() {
	printf 'demo: %s\n' "$1" >&2
	exit 1
}

finish() {
	code=$?
	trap '' INT TERM HUP
	[ -z "$owned" ] || end_container
	[ -z "$work" ] || rm -rf "$work"
	exit "$code"
}
interrupted() {
	printf '\ndemo: interrupted; taking everything away\n' >&3 # stderr may be a step's file now
	exit "$1"
}

# One that is still starting cannot be asked yet: again, until it can or is gone.
end_container() {
	n=0
	while [ -d "$runtime/demo" ] && [ "$n" -lt "$tries" ]; do
		n=$((n + 1))
		run_porthole shutdown --grace 0 demo >/dev/null 2>&1 && break
	done
	owned=''
}

run_porthole() {
	if [ "$(id -u)" = 0 ]; then
		"$porthole" "$@" 3>&-
	else
		"$porthole" --root "$runtime" "$@" 3>&-
	fi
}

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
	bold=$(printf '\033[1m') plain=$(printf '\033[0m')
fi
say() { printf '\n%s\n' "$1"; }

# One word as a person would type it.
quoted() {
	case $1 in
	'' | *[!A-Za-z0-9_./:=-]*) printf " '%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")" ;;
	*) printf ' %s' "$1" ;;
	esac
}
print_command() {
	line=
	for word; do
		line=$line$(quoted "$word")
	done
	printf '%s$ porthole%s%s%s\n' "$bold" "$prefix" "$line" "$plain"
}

# show CODE TEXT COMMAND...: prints it, runs it, shows what it wrote; fails unless CODE and TEXT (a fixed string) match.
show() {
	want=$1 text=$2
	shift 2
	print_command "$@"
	run_porthole "$@" >"$work/out" 2>&1
	got=$?
	cat "$work/out"
	[ "$got" = "$want" ] || fail "that had to exit with $want, not with $got"
	[ -z "$text" ] || grep -qF -- "$text" "$work/out" || fail "that had to say \"$text\""
}

# until_says TEXT COMMAND...: runs it, unseen, until it says TEXT.
until_says() {
	text=$1 n=0
	shift
	until run_porthole "$@" 2>/dev/null | grep -qF -- "$text"; do
		n=$((n + 1))
		[ "$n" -lt "$tries" ] || fail "porthole $*: does not say \"$text\""
	done
}

# line_of TEXT: where it stands in what the last command said.
line_of() { grep -nF -- "$1" "$work/out" | head -n 1 | cut -d : -f 1; }
# in_order TEXT...: each line comes after the one before.
in_order() {
	last=0
	for text; do
		at=$(line_of "$text")
		[ "${at:-0}" -gt "$last" ] || fail "\"$text\" had to come then"
		last=$at
	done
}

find_busybox() {
	for file in $(dpkg-query -L busybox-static 2>/dev/null | grep '/busybox$') "$(command -v busybox)"; do
		if [ ! -f "$file" ] || [ ! -x "$file" ]; then
			continue
		fi
		ldd "$file" >/dev/null 2>&1 && continue # linked dynamically: would need its libraries
		"$file" --list 2>/dev/null | grep -qx httpd || continue
		printf '%s\n' "$file"
		return
	done
}

make_rootfs() {
	mkdir -p "$work/rootfs/bin" "$work/rootfs/etc/porthole" "$work/rootfs/www" || fail "cannot write to $work"
	cp "$busybox" "$work/rootfs/bin/busybox" || fail "cannot write to $work"
	cp "$here"/units/*.service "$work/rootfs/etc/porthole" && cp "$here"/bin/* "$work/rootfs/bin" ||
		fail "cannot copy what is in $here"
	for applet in sh cat cut echo httpd id kill ls mkdir ps sleep sort stty tty wc wget; do
		ln -s busybox "$work/rootfs/bin/$applet"
	done
	echo 'root:x:0:0:root:/:/bin/sh' >"$work/rootfs/etc/passwd"
	echo 'root:x:0:' >"$work/rootfs/etc/group"
	echo 'Hello from the inside.' >"$work/rootfs/www/index.html"
}

# What a demo that was killed could not take away (a dead process may still be in /proc, without a command line).
# A folder with a container of its own is in use.
clear_stale() {
	for folder in "$top"/demo.[0-9]*; do
		[ -d "$folder" ] || continue
		if ! grep -q demo "/proc/${folder##*.}/cmdline" 2>/dev/null && [ ! -d "$folder/run/demo" ]; then
			rm -rf "$folder" 2>/dev/null || :
		fi
	done
}

if [ ! -x "$porthole" ] || [ ! -x "$build/porthole-init" ]; then
	fail "no porthole in $build: run make first"
fi
busybox=$(find_busybox)
[ -n "$busybox" ] || fail 'needs a static busybox with httpd: package busybox-static'
top=$(CDPATH='' cd -- "$build/.." && pwd)
[ -w "$top" ] || top=${TMPDIR:-/tmp}

runtime=/run/porthole
if [ "$(id -u)" != 0 ]; then # a container left up by an earlier demo of this user
	for folder in "$top"/demo.[0-9]*/run; do
		[ ! -O "$folder/demo" ] || runtime=$folder
	done
fi
if [ -d "$runtime/demo" ] && run_porthole status demo >/dev/null 2>&1; then
	[ "$(id -u)" = 0 ] || prefix=" --root $runtime"
	fail "a container named demo is up already; end it with: $porthole$prefix shutdown demo"
fi
clear_stale

work=$top/demo.$$
trap finish EXIT
trap 'interrupted 130' INT
trap 'interrupted 143' TERM
trap 'interrupted 129' HUP
mkdir "$work" || { work=''; fail "cannot make a folder in $top"; }
if [ "$(id -u)" != 0 ]; then
	runtime=$work/run
	prefix=" --root $runtime"
fi
make_rootfs

say "A root file system: busybox, a page, and four services in /etc/porthole. ($work/rootfs)"
say 'They are systemd unit files. The application must not start before its data was migrated:'
printf '%s$ cat app.service%s\n' "$bold" "$plain"
cat "$here/units/app.service"
say 'What becomes of each line?'
show 0 'honoured: Requires' check "$here/units/app.service"

say 'Launch it: new namespaces, porthole-init as PID 1, and all of the services.'
owned=1
print_command run --detach --rootfs "$work/rootfs" --services /etc/porthole demo
run_porthole run --detach --rootfs "$work/rootfs" --services /etc/porthole demo || {
	code=$?
	end_container
	[ "$(id -u)" = 0 ] || fail 'the launch failed; an ordinary user needs user namespaces, or run this as root'
	fail "the launch failed with code $code"
}
show 0 '' wait --state up --timeout 10 demo

say 'What runs on this host, and how is it? One service crashes, and is started again until it works.'
show 0 demo list
until_says 'restarts     2' status demo/flaky
until_says 'start 3: works' logs demo/flaky
show 0 'services   4 of 4 up' status demo
show 0 'killed by SIGSEGV' status demo/flaky

say 'What they wrote. Their output is kept in the container, whoever reads it.'
until_says 'working on data' logs demo
show 0 'flaky: start 2: about to crash' logs demo
in_order 'migrate: migrating the data to version 2' 'migrate: the data has version 2' 'app: welcome: working on data of version 2'

say 'Its processes. This reads its /proc through a descriptor from PID 1: the image needs no ps.'
show 0 httpd ps demo

say 'Its namespaces: what it has for itself, and what it shares with you.'
show 0 'its own' inspect demo namespaces
for type in ipc mnt net pid uts; do
	grep -q "^$type .*its own" "$work/out" || fail "the $type namespace had to be its own"
done

say 'A request to the web server, from inside: nothing outside can reach its loopback.'
until_says 'Hello from the inside.' exec demo wget -q -O - http://127.0.0.1/
show 0 'Hello from the inside.' exec demo wget -q -O - http://127.0.0.1/

say "exec returns the command's exit code, and carries stdin, stdout and stderr apart."
show 7 '' exec demo sh -c 'exit 7'
printf '(exit code 7)\n'
printf '%s$ echo "three short words" | porthole%s exec -i demo wc -w%s\n' "$bold" "$prefix" "$plain"
words=$(echo 'three short words' | run_porthole exec -i demo wc -w)
printf '%s\n' "$words"
[ "$words" = 3 ] || fail 'that had to say 3'

if [ -t 0 ] && [ -t 1 ]; then
	say "With -t the command gets a terminal of the container's own, of the size of yours."
	print_command exec -t demo sh -c 'tty; stty size'
	run_porthole exec -t demo sh -c 'tty; stty size' || fail 'that had to succeed'
fi

say 'A kill that comes back: its unit says Restart=on-failure.'
show 0 '' signal KILL demo/web
until_says 'restart 1' events demo/web
show 0 '' wait --state up --timeout 10 demo/web
show 0 'killed by SIGKILL' events demo/web
in_order 'killed by SIGKILL' 'restart 1'
until_says 'Hello from the inside.' exec demo wget -q -O - http://127.0.0.1/
show 0 'Hello from the inside.' exec demo wget -q -O - http://127.0.0.1/

say 'A reload: its ExecReload= sends SIGHUP, and it says what it does with that.'
show 0 '' reload demo/app
until_says 'configuration read again' logs demo/app
show 0 'configuration read again' logs --tail 1 demo/app

say 'What is stopped takes along what requires it, in order.'
show 0 '' stop demo/migrate
show 0 'stopped' status demo
for name in app migrate; do
	grep -q "^$name  *stopped" "$work/out" || fail "$name had to be stopped"
done
show 0 '' start demo/app
show 0 'services   4 of 4 up' status demo

if [ -n "$keep" ]; then
	bin=$porthole$prefix
	cat <<-END

		The container stays up. To play with it:
		  $bin status demo
		  $bin logs -f demo
		  $bin restart demo/app
		  $bin shell demo
		  $bin --json status demo
		To end it, and take away its root file system:
		  $bin shutdown demo && rm -r $work
	END
	trap - EXIT
	exit 0
fi

say 'Who asked for what is on record: the last line of the audit trail.'
n=0
until tail -n 1 "$runtime/audit.log" 2>/dev/null | grep -qF '"container":"demo","verb":"START"'; do # the monitor writes it
	n=$((n + 1))
	[ "$n" -lt "$tries" ] || fail "the last line of $runtime/audit.log had to tell of the last start"
done
printf '%s$ tail -n 1 %s%s\n' "$bold" "$runtime/audit.log" "$plain"
tail -n 1 "$runtime/audit.log"

say 'An ordered end, as events tells it: nothing stops before what requires it. SIGKILL after the grace period.'
print_command events -f demo
: >"$work/events"
run_porthole events -f demo >"$work/events" 2>&1 &
follower=$!
n=0
until grep -q 'app start: done' "$work/events"; do # what was before it came
	n=$((n + 1))
	[ "$n" -lt "$tries" ] || fail 'events -f had to tell of what was'
	sleep 0.01
done
before=$(wc -l <"$work/events")
show 0 '' shutdown demo
owned=''
wait "$follower" || fail 'events -f had to end with 0'
tail -n "+$((before + 1))" "$work/events" >"$work/out"
cat "$work/out"
in_order '- container stopping' 'app stop: done' 'migrate stop: done' '- container stopped, exit code 0'
show 0 NAME list
! grep -q '^demo ' "$work/out" || fail 'demo had to be gone'
[ ! -e "$runtime/demo" ] || fail "$runtime/demo had to be gone"
if [ "$(id -u)" = 0 ]; then
	say "Nothing is left but the audit trail. KEEP=1 leaves the container up to play with."
else
	say 'Nothing is left. KEEP=1 leaves the container up to play with.'
fi
