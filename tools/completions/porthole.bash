# SPDX-License-Identifier: MIT
# Completion of porthole(1) for bash: commands, options, containers, services.
# shellcheck shell=bash

# Names of containers, from the program itself: names hold no blank, quote or brace.
__porthole_names() {
	"${COMP_WORDS[0]}" ${root:+--root "$root"} --json list 2>/dev/null | grep -o '"name":"[^"]*"' | cut -d'"' -f4
}

# Containers, and behind "NAME/" that container's services: the whole of it, without those that a name breaks.
__porthole_targets() {
	local container=${cur%%/*}
	if [[ $cur != */* ]]; then
		__porthole_names
		return
	fi
	"${COMP_WORDS[0]}" ${root:+--root "$root"} --json status ${container:+"$container"} 2>/dev/null |
		grep -o '"name":"[A-Za-z0-9:_.@-]*"' | cut -d'"' -f4 | sed "s,^,$container/,"
}

# Candidates into COMPREPLY: names of words, without globbing.
__porthole_reply() {
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}
__porthole_files() {
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen "$1" -- "$cur")
}

_porthole() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local commands='run list status ps inspect exec shell start stop restart reload logs events signal wait shutdown check'
	local root='' command='' words=0 i
	COMPREPLY=()

	for ((i = 1; i < COMP_CWORD; i++)); do
		if [[ -n $command ]]; then
			case ${COMP_WORDS[i]} in
			-u | -w | -e | --user | --workdir | --env | --rootfs | --hostname | --bind | --cap-add | --cap-drop | \
				--net | --grace | --peek-group | --state | --timeout | --since | --tail) ((i++)) ;;
			-*) ;;
			*) ((words++)) ;;
			esac
		elif [[ ${COMP_WORDS[i]} == --root ]]; then
			((i++))
			root=${COMP_WORDS[i]}
		elif [[ ${COMP_WORDS[i]} != -* ]]; then
			command=${COMP_WORDS[i]}
		fi
	done

	case $command:$prev in
	:--root | run:--rootfs)
		__porthole_files -d
		return
		;;
	run:--bind)
		__porthole_files -f
		return
		;;
	run:--net)
		__porthole_reply host
		return
		;;
	run:--peek-group)
		mapfile -t COMPREPLY < <(compgen -g -- "$cur")
		return
		;;
	wait:--state)
		__porthole_reply 'up stopped failed'
		return
		;;
	run:--hostname | run:--env | run:-e | run:--workdir | run:-w | run:--user | run:-u | run:--cap-add | run:--cap-drop | \
		*:--grace | *:--timeout | *:--since | *:--tail | exec:-[uwe] | shell:-[uwe] | exec:--user | exec:--workdir | exec:--env | \
		shell:--user | shell:--workdir | shell:--env)
		return
		;;
	esac

	if [[ $cur == -* ]]; then
		case $command in
		'') __porthole_reply '--root --json --help --version' ;;
		run)
			((words == 0)) && __porthole_reply '--rootfs --detach -i -t --hostname --env --workdir --user --bind
				--cap-add --cap-drop --read-only --net --grace --peek-group --help'
			;;
		exec | shell) ((words == 0)) && __porthole_reply '-i -t --user --workdir --env --help' ;;
		wait) __porthole_reply '--state --timeout --help' ;;
		start | stop | restart | reload) __porthole_reply '--no-wait --help' ;;
		logs) __porthole_reply '--follow --since --tail --timestamps --raw --help' ;;
		events) __porthole_reply '--follow --since --tail --help' ;;
		shutdown) __porthole_reply '--grace --help' ;;
		check) __porthole_reply '--quiet --help' ;;
		*) __porthole_reply --help ;;
		esac
		return
	fi

	case $command:$words in
	check:*) __porthole_files -f ;;
	:*) __porthole_reply "$commands" ;;
	ps:0 | exec:0 | shell:0 | shutdown:0) __porthole_reply "$(__porthole_names)" ;;
	status:0 | wait:0 | reload:0 | logs:0 | events:0 | signal:1) __porthole_reply "$(__porthole_targets)" ;;
	start:0 | stop:0 | restart:0)
		__porthole_reply "$(__porthole_targets | if [[ $cur == */* ]]; then cat; else sed 's,$,/,'; fi)"
		compopt -o nospace 2>/dev/null
		;;
	inspect:0) __porthole_reply "$(__porthole_names) namespaces mounts capabilities" ;;
	inspect:1) __porthole_reply 'namespaces mounts capabilities' ;;
	signal:0) __porthole_reply 'HUP INT QUIT KILL USR1 USR2 TERM CONT STOP WINCH' ;;
	esac
}
complete -F _porthole porthole
