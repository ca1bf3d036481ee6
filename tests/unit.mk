# SPDX-License-Identifier: MIT
# Tests: make check and its parts. tests/unit/test_*.c link the pure core, tests/sys/test_*.c also init/sys and
# init/glue; both run twice, in build/glibc and under ASan and UBSan in build/san.

CC_san = gcc
CFLAGS_san = $(BASE) -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LINK_san = -pie -fsanitize=address,undefined
LIBS_san = -lcap
$(eval $(call build,san))

SANITIZER_ENV = UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=strict_string_checks=1:detect_stack_use_after_return=1
UNIT_TESTS := $(patsubst %.c,%,$(wildcard tests/unit/test_*.c))
SYS_TESTS  := $(patsubst %.c,%,$(wildcard tests/sys/test_*.c))

# $(call test_programs,BUILD): a unit test takes the whole core, a sys test what it uses.
define test_programs
$(UNIT_TESTS:%=build/$1/%): build/$1/tests/unit/%: build/$1/tests/unit/%.o $(CORE_SRC:%.c=build/$1/init/core/%.o)
	$$(call say,LD,$$@)
	$(Q)$$(CC_$1) $$(LINK_$1) -o $$@ $$^ -lcmocka
$(SYS_TESTS:%=build/$1/%): build/$1/tests/sys/%: build/$1/tests/sys/%.o build/$1/glue.a build/$1/sys.a build/$1/core.a
	$$(call say,LD,$$@)
	$(Q)$$(CC_$1) $$(LINK_$1) -o $$@ $$^ $$(LIBS_$1) -lcmocka
endef
$(foreach b,glibc san,$(eval $(call test_programs,$b)))

# Runs every program, also after one that failed, and fails if one did.
run_each = @bad=; for t in $^; do printf '  TEST  %s\n' $$t; $(SANITIZER_ENV) $$t || bad="$$bad $$t"; done; \
	[ -z "$$bad" ] || { echo "failed:$$bad" >&2; exit 1; }

.PHONY: check unit sys e2e soak check-elf check-repeat
unit: $(UNIT_TESTS:%=build/glibc/%) $(UNIT_TESTS:%=build/san/%) ## unit tests of the core, plain and under ASan and UBSan
	$(run_each)
sys: $(SYS_TESTS:%=build/glibc/%) $(SYS_TESTS:%=build/san/%) ## tests against the kernel, plain and under ASan and UBSan
	$(run_each)
e2e: release ## end-to-end tests of the built programs
	+@BUILD=$(CURDIR)/build/release tests/e2e/run $(E2E)

check-elf: release ## both programs: static-pie, hardened, stripped, small
	@tests/lint/check-elf build/release/porthole-init 200
	@tests/lint/check-elf build/release/porthole
check-repeat: release ## a second build, in another folder, has the same bytes
	@MAKE='$(MAKE)' tests/lint/check-repeat $(LIBCAP_DIR)

# Every part runs even if one before it failed; the last line names those that did.
JOBS ?= $(shell nproc)
CHECK_PARTS := check-layers check-pure check-elf check-repeat debug glibc san lint unit sys fuzz-short e2e
submake = $(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(JOBS) -Otarget) -k
check: ## install what the tests need, build, and run all of them
	@tools/packaging/install-packages build check lint
	@$(MAKE) --no-print-directory deps
	@tests/e2e/fetch-kernel build/deps/kernel
	+@$(submake) all
	+@bad=; for part in $(CHECK_PARTS); do printf '== %s\n' $$part; $(submake) $$part || bad="$$bad $$part"; done; \
	if [ -n "$$bad" ]; then echo "make check: failed:$$bad" >&2; exit 1; fi; \
	echo "make check: all $(words $(CHECK_PARTS)) parts passed"

SOAK_ROUNDS ?= 20
SOAK_LONG = 0840 0841 0842 0843 0844 0845 0846
soak: release ## the long forms of 084x, the end-to-end tests SOAK_ROUNDS (20) times over, then the long fuzz runs
	@BUILD=$(CURDIR)/build/release SOAK=1 E2E_TIMEOUT=1800 tests/e2e/run $(SOAK_LONG)
	@for i in $$(seq $(SOAK_ROUNDS)); do echo "== round $$i of $(SOAK_ROUNDS)"; $(MAKE) --no-print-directory e2e || exit 1; done
	@$(MAKE) --no-print-directory fuzz
