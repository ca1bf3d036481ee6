# SPDX-License-Identifier: MIT
# Lint: formatting, three compilers with warnings as errors, clang-tidy, cppcheck, shellcheck, and the two rules
# that the folders stand for (layers, purity).

CLANG_FORMAT ?= clang-format
CLANG_TIDY   ?= clang-tidy
PROGRAM_C := $(CORE_SRC:%=init/core/%) $(SYS_SRC:%=init/sys/%) $(GLUE_SRC:%=init/glue/%) $(INIT_SRC:%=init/%) \
	$(TOOLS_SRC:%=tools/%)
PROGRAM_H := $(wildcard init/*.h init/*/*.h tools/*.h)
TEST_C    := $(wildcard tests/unit/*.c tests/sys/*.c tests/fuzz/*.c)
FORMATTED := $(PROGRAM_C) $(PROGRAM_H) $(TEST_C) $(wildcard tests/*/*.h tests/e2e/*.c tests/bench/*.c)

CC_lint-musl = $(CC)
CFLAGS_lint-musl = $(CFLAGS_release) -Werror
NEED_lint-musl = need-musl
CC_lint-gcc = gcc
CFLAGS_lint-gcc = $(CFLAGS_glibc) -Werror
CC_lint-clang = clang
CFLAGS_lint-clang = $(CFLAGS_glibc) -Werror
$(foreach b,lint-musl lint-gcc lint-clang,$(eval $(call build,$b)))

.PHONY: lint lint-docs lint-format lint-warnings lint-tidy lint-cppcheck lint-shell format check-layers check-pure
lint: lint-format lint-warnings lint-tidy lint-cppcheck lint-shell lint-docs ## formatting, warnings as errors, clang-tidy, cppcheck, shellcheck, documents

lint-format:
	@echo '  LINT  clang-format'; printf '%s\n' $(FORMATTED) | xargs -n 8 -P $(JOBS) $(CLANG_FORMAT) --dry-run -Werror
format: ## rewrite the sources as .clang-format says
	@printf '%s\n' $(FORMATTED) | xargs $(CLANG_FORMAT) -i

lint-warnings: $(PROGRAM_C:%.c=build/lint-musl/%.o) \
	$(foreach b,lint-gcc lint-clang,$(PROGRAM_C:%.c=build/$b/%.o) $(TEST_C:%.c=build/$b/%.o))

# One stamp a file, so that a second run looks only at what changed.
lint-tidy: $(PROGRAM_C:%.c=build/lint-tidy/%.ok)
build/lint-tidy/%.ok: %.c $(PROGRAM_H) .clang-tidy build/lint-clang/flags
	$(call say,TIDY,$<)
	@mkdir -p $(@D); $(CLANG_TIDY) --quiet $< -- $(CFLAGS_glibc) $(TOOLS_DEF) >$@.log 2>&1 || { cat $@.log; exit 1; }
	@touch $@

# porthole has one thread: readdir(3), getgrnam(3) are fine. mmap(2) takes -1 with MAP_ANONYMOUS.
# resourceLeak: cppcheck does not know the cleanup attribute, and sees a leak at every return.
lint-cppcheck:
	@echo '  LINT  cppcheck'; mkdir -p build/lint-cppcheck
	@cppcheck -q -j $(JOBS) --cppcheck-build-dir=build/lint-cppcheck --error-exitcode=1 --inline-suppr --std=c11 \
		--enable=warning,performance,portability --library=posix --suppress=missingIncludeSystem \
		--suppress=resourceLeak --suppress=readdirCalled --suppress=getgrnamCalled \
		--suppress=invalidFunctionArg:init/sys/mem.c \
		-D_GNU_SOURCE -D__linux__ '-DPORTHOLE_VERSION="$(VERSION)"' '-DPORTHOLE_LIBEXECDIR="$(LIBEXECDIR)"' \
		-I init -I tools $(PROGRAM_C)

lint-shell:
	@echo '  LINT  shellcheck'; find .ci tools tests -type f -exec sh -c \
		'for f; do head -n 1 "$$f" | grep -Eq "^#!/bin/(ba|da)?sh|^#!/usr/bin/env (ba)?sh" && printf "%s\n" "$$f"; done; :' \
		sh {} + | xargs -r shellcheck -S warning -e SC2010,SC2034

lint-docs: build/release/porthole # the README maps every source, PROTOCOL.md every number, order.ld what is hot
	@tests/lint/check-readme
	@tests/lint/check-protocol
	@tests/lint/check-order

check-layers: ## includes point one way: main, glue, sys, core
	@tests/lint/check-layers
check-pure: build/release/core.a ## the core calls nothing but memory and string functions, and has no variables
	@tests/lint/check-pure $(CORE_SRC:%.c=build/release/init/core/%.o)
