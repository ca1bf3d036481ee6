# SPDX-License-Identifier: MIT
# The build of porthole: `make help` lists the targets. Tests, fuzzers, lint and benchmarks are in tests/*.mk.

VERSION := 0.1.0

# Every source by name; a new file is one word on its line.
CORE_SRC  := wire.c proto.c plan.c life.c step.c options.c passwd.c place.c signame.c arena.c names.c event.c \
	service.c svc.c svcname.c svcrules.c enter.c super.c jobs.c reach.c graph.c cycle.c logring.c logsink.c envfile.c expand.c pattern.c \
	unitimage.c unitwrite.c words.c value.c rlimit.c capname.c exitname.c rules.c peer.c unitname.c specifier.c unitfile.c \
	directive.c unitparser.c unitset.c unitcommand.c unitcontext.c unitdeps.c unitexec.c unit.c
SYS_SRC   := start.c fd.c clock.c sock.c sig.c mem.c mnt.c dir.c copytree.c caps.c net.c pty.c spawn.c user.c \
	leaf.c proctable.c raise.c
GLUE_SRC  := init.c boot.c boot_services.c launcher.c entry.c walk.c command.c execute.c control.c request.c \
	request_services.c request_feeds.c session.c audit.c loop.c farewell.c descendants.c say.c help.c peer_usage.c \
	telling.c passing.c job.c ending.c services.c service_run.c service_failed.c service_cgroup.c strays.c lean.c units.c \
	service_child.c service_env.c loader.c unitroots.c unitload.c unitdrop.c unitfind.c findings.c logger.c logstore.c \
	logworker.c logfeed.c logpeek.c logout.c
INIT_SRC  := main.c
TOOLS_SRC := main.c report.c args.c path.c client.c starting.c runtime.c cgroup.c capabilities.c env.c bind.c mounts.c \
	spec.c spec_options.c image.c launch.c launch_report.c assist.c relay.c tty.c monitor.c procfs.c table.c json.c \
	wording.c target.c services.c status.c cmd_run.c cmd_exec.c cmd_list.c cmd_status.c cmd_ps.c cmd_inspect.c \
	cmd_job.c cmd_events.c cmd_logs.c logview.c timeword.c cmd_signal.c cmd_wait.c cmd_shutdown.c cmd_check.c

PREFIX     ?= /usr/local
LIBEXECDIR ?= $(PREFIX)/libexec/porthole
LIBCAP_DIR ?= build/deps/libcap
ifeq ($(origin CC),default)
CC := musl-gcc
endif
STRIP  ?= strip
SCDOC  ?= scdoc
ifndef SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH := $(shell git log -1 --format=%ct 2>/dev/null || date +%s)
endif
export SOURCE_DATE_EPOCH

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules
Q   := $(if $(V),,@)
comma := ,
say  = @$(if $(V),:,printf '  %-5s %s\n' $1 '$(patsubst release/%,%,$(2:build/%=%))')

# Flags that all builds share. -iquote: <sys/mount.h> stays the system's, "sys/mnt.h" is ours.
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wvla \
	-Wformat=2 -Werror=switch-enum -Wundef -Wimplicit-fallthrough -Wdate-time -Wno-missing-field-initializers
BASE := -std=gnu11 $(WARN) -D_GNU_SOURCE -DPORTHOLE_VERSION=\"$(VERSION)\" -iquote init -iquote tools \
	-fno-common -fPIE -fstack-protector-strong
TOOLS_DEF := -DPORTHOLE_LIBEXECDIR=\"$(LIBEXECDIR)\"

# musl has no kernel headers of its own, and `musl-gcc -static-pie` makes a dynamic program without a
# word: so the start files are named here, from the folder where CC finds Scrt1.o (glibc's come first
# in -print-file-name).
CRT_DIR = $(patsubst %/Scrt1.o,%,$(firstword $(shell $(CC) -\#\#\# -pie -x c /dev/null 2>&1 | \
	tr ' "' '\n\n' | grep '/Scrt1\.o$$')))
GCC_DIR = $(patsubst %/,%,$(dir $(shell $(CC) -print-libgcc-file-name)))
MUSL := $(BASE) -isystem $(LIBCAP_DIR)/include -idirafter /usr/include \
	-idirafter /usr/include/$(shell $(CC) -dumpmachine 2>/dev/null) \
	-ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables \
	-ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(LIBCAP_DIR)=libcap
MUSL_LINK = -nostdlib -static -Wl,-pie,--no-dynamic-linker,-e,porthole_start,-z,text,-z,relro,-z,now,-z,noexecstack \
	-Wl,--gc-sections,--build-id=sha1,-O1,-z,noseparate-code,-z,pack-relative-relocs,--sort-section=name $(addprefix $(CRT_DIR)/,rcrt1.o crti.o) $(GCC_DIR)/crtbeginS.o
MUSL_LIBS = $(LIBCAP_DIR)/lib/libcap.a -Wl,--start-group $(CRT_DIR)/libc.a -lgcc -lgcc_eh -Wl,--end-group \
	$(GCC_DIR)/crtendS.o $(CRT_DIR)/crtn.o

# A build is four variables: compiler, flags, link flags, libraries (and what must be there before it
# starts, and how its programs are stripped).
# Ten of porthole-init's 200 KiB: canaries where there are arrays of characters, of any length, and not wherever an
# address is taken, as the other builds have them; a jump to a function costs more bytes than a call and a return.
SMALL := -fno-stack-protector -fstack-protector --param=ssp-buffer-size=1 -fno-optimize-sibling-calls -malign-data=abi

CC_release = $(CC)
CFLAGS_release = $(MUSL) -Os $(SMALL) -g $(CFLAGS)
LINK_release = $(MUSL_LINK) $(LDFLAGS)
LIBS_release = $(MUSL_LIBS)
ORDER_release = order.ld
STRIP_release = $(STRIP) -s -o
NEED_release = need-musl

CC_debug = $(CC)
CFLAGS_debug = $(MUSL) -O0 -g3 $(CFLAGS)
LINK_debug = $(MUSL_LINK) $(LDFLAGS)
LIBS_debug = $(MUSL_LIBS)
NEED_debug = need-musl

CC_glibc = gcc
CFLAGS_glibc = $(BASE) -O2 -g -D_FORTIFY_SOURCE=2
LINK_glibc = -pie -Wl,-z,relro,-z,now
LIBS_glibc = -lcap

# $(call build,NAME): the rules of build/NAME, from objects to the two programs. porthole carries the
# porthole-init that it was built with. `flags` changes when the flags or the lists of sources do.
define build
build/$1/flags: FORCE
	@mkdir -p $$(@D); printf '%s\n' '$$(CC_$1) $$(CFLAGS_$1) $$(TOOLS_DEF) $$(LINK_$1) $$(LIBS_$1)' \
		'$$(CORE_SRC) $$(SYS_SRC) $$(GLUE_SRC) $$(TOOLS_SRC)' >$$@.new; \
		if cmp -s $$@.new $$@; then rm $$@.new; else mv $$@.new $$@; fi
build/$1/%.o: %.c build/$1/flags | $(NEED_$1)
	$$(call say,CC,$$@)
	$(Q)mkdir -p $$(@D) && $$(CC_$1) $$(CFLAGS_$1) $$(EXTRA) -MMD -MP -c -o $$@ $$<
build/$1/tools/%.o: EXTRA = $(TOOLS_DEF)
build/$1/init/glue/peer_usage.o: LICENSE
build/$1/core.a: $(CORE_SRC:%.c=build/$1/init/core/%.o)
build/$1/sys.a: $(SYS_SRC:%.c=build/$1/init/sys/%.o)
build/$1/glue.a: $(GLUE_SRC:%.c=build/$1/init/glue/%.o)
build/$1/core.a build/$1/sys.a build/$1/glue.a: build/$1/flags
	$$(call say,AR,$$@)
	$(Q)rm -f $$@ && ar rcsD $$@ $$(filter %.o,$$^)
build/$1/porthole-init.full: $(ORDER_$1:%=init/%) $(INIT_SRC:%.c=build/$1/init/%.o) build/$1/glue.a build/$1/sys.a build/$1/core.a
build/$1/porthole.full: $(ORDER_$1:%=tools/%) $(TOOLS_SRC:%.c=build/$1/tools/%.o) build/$1/init_image.o build/$1/sys.a build/$1/core.a
build/$1/porthole-init.full build/$1/porthole.full:
	$$(call say,LD,$$(@:.full=))
	$(Q)$$(CC_$1) $$(LINK_$1) $$(patsubst %,-Wl$$(comma)-T$$(comma)%,$$(filter %.ld,$$^)) -o $$@ $$(filter-out %.ld,$$^) $$(LIBS_$1)
build/$1/porthole-init build/$1/porthole: build/$1/%: build/$1/%.full
	$(Q)$(or $(STRIP_$1),ln -f) $(if $(STRIP_$1),$$@ $$<,$$< $$@)
build/$1/init_image.o: build/$1/porthole-init
	$$(call say,AS,$$@)
	$(Q)printf '%s\n' '.section .rodata.zz_init_image,"a"' '.balign 4096' '.globl init_image_start, init_image_end' \
		'init_image_start: .incbin "$$<"' 'init_image_end: .byte 0' '.section .note.GNU-stack,""' | \
		$$(CC_$1) -c -x assembler -o $$@ -
-include $(foreach d,init/core init/sys init/glue init tools tests/unit tests/sys tests/fuzz,$(wildcard build/$1/$d/*.d))
endef
$(foreach b,release debug glibc,$(eval $(call build,$b)))

.PHONY: FORCE release debug glibc san all need-musl deps man demo install uninstall clean help
release debug glibc san: %: build/%/porthole-init build/%/porthole
all: release man ## build/release/porthole-init and build/release/porthole; prints their stripped sizes
	@for p in porthole-init porthole; do \
		printf '  %-14s %4d KiB stripped\n' $$p $$(( ($$(wc -c <build/release/$$p) + 1023) / 1024 )); done

missing = $(strip $(if $(shell command -v $(firstword $(CC))),,[$(firstword $(CC)): package musl-tools]) \
	$(if $(shell ls /usr/include/linux/capability.h 2>/dev/null),,[kernel headers: package linux-libc-dev]) \
	$(if $(shell ls $(LIBCAP_DIR)/lib/libcap.a 2>/dev/null),,[$(LIBCAP_DIR)/lib/libcap.a: libcap built for musl]))
need-musl:
	@$(if $(missing),$(error missing $(missing): "make deps" gets it; LIBCAP_DIR=DIR takes libcap from DIR/lib and DIR/include),:)

deps: ## install the compiler (as root), fetch libcap's source and build it for musl
	@tools/packaging/install-packages build
	@CC='$(CC)' tools/packaging/fetch-libcap $(LIBCAP_DIR)

MAN := $(if $(shell command -v $(SCDOC)),$(patsubst tools/man/%.scd,build/man/%,$(wildcard tools/man/*.scd)))
man: $(MAN)
build/man/%: tools/man/%.scd
	$(call say,MAN,$@)
	$(Q)mkdir -p $(@D) && $(SCDOC) <$< >$@

demo: ## a guided tour of a container, as root; KEEP=1 leaves it up
	@tools/packaging/install-packages build demo
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory all
	@BUILD=$(CURDIR)/build/release KEEP=$(KEEP) tools/examples/demo.sh

man_dir = $(DESTDIR)$(PREFIX)/share/man/man$(subst .,,$(suffix $1))
install: all ## into PREFIX (/usr/local), below DESTDIR
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LIBEXECDIR)
	install -m 755 build/release/porthole $(DESTDIR)$(PREFIX)/bin/porthole
	install -m 755 build/release/porthole-init $(DESTDIR)$(LIBEXECDIR)/porthole-init
	ln -sfr $(DESTDIR)$(LIBEXECDIR)/porthole-init $(DESTDIR)$(PREFIX)/bin/porthole-init
	$(foreach m,$(MAN),install -D -m 644 $m $(call man_dir,$m)/$(notdir $m) &&) true

uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/porthole $(DESTDIR)$(PREFIX)/bin/porthole-init $(DESTDIR)$(LIBEXECDIR)/porthole-init
	rm -f $(foreach m,$(wildcard tools/man/*.scd),$(call man_dir,$(m:.scd=))/$(notdir $(m:.scd=)))
	-rmdir $(DESTDIR)$(LIBEXECDIR)

clean: ## remove build/, all but build/deps
	rm -rf $(filter-out build/deps,$(wildcard build/*))

include tests/unit.mk tests/fuzz.mk tests/lint.mk tests/bench.mk

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1|\2/p' $(filter %akefile tests/%.mk,$(MAKEFILE_LIST)) | \
		awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'
	@printf '%s\n' 'Variables: V=1 shows commands; CC, CFLAGS, LDFLAGS, LIBCAP_DIR, PREFIX, DESTDIR, LIBEXECDIR.'
