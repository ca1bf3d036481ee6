# SPDX-License-Identifier: MIT
# Builds the benchmark's own programs and runs it: make bench [ROUNDS=N | QUICK=1] [PART=services].
#
# BUILD is the folder of the release build's porthole and porthole-init; the including Makefile
# says that they are built first (bench: all). What is made here goes to BENCH_DIR.

BUILD ?= build/release
BENCH_DIR ?= build/bench
BENCH_SRC := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
BENCH_STATIC = $(BENCH_DIR)/bench $(BENCH_DIR)/true $(BENCH_DIR)/ready $(BENCH_DIR)/cradle $(BENCH_DIR)/relay
BENCH_FLOORS = $(BENCH_DIR)/floor $(BENCH_DIR)/floor_launch $(BENCH_DIR)/floor_services
BENCH_PROGRAMS = $(BENCH_STATIC) $(BENCH_FLOORS)
BENCH_HEADERS = -idirafter /usr/include -idirafter /usr/include/$(shell $(CC) -dumpmachine)
BENCH_CFLAGS = -std=gnu11 -O2 -Wall -Wextra -Wshadow -Wconversion -Wformat=2 \
	-Wstrict-prototypes -Wmissing-prototypes
BENCH_SAY = @$(if $(V),:,printf '  %-6s %s\n')
BENCH_Q = $(if $(V),,@)

ifeq ($(origin CC),default)
CC = musl-gcc
endif

.PHONY: bench bench-programs bench-clean

bench: bench-programs
	$(BENCH_Q)$(BENCH_SRC)/run --build $(BUILD) --work $(BENCH_DIR) \
		$(if $(QUICK),--quick) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(PART),--part $(PART))

bench-programs: $(BENCH_PROGRAMS)

$(BENCH_DIR)/ready $(BENCH_DIR)/cradle: $(BENCH_SRC)/page.h
$(BENCH_STATIC): $(BENCH_DIR)/%: $(BENCH_SRC)/%.c
	@mkdir -p $(@D)
	$(BENCH_SAY) CC $@
	$(BENCH_Q)$(CC) $(BENCH_CFLAGS) $(BENCH_HEADERS) -static -s -o $@ $<

# Linked as the release build is: what hardening costs, and the start of the C library and of libcap, is no
# difference to them.
$(BENCH_FLOORS): $(BENCH_DIR)/%: $(BENCH_SRC)/%.c $(BUILD)/sys.a
	@mkdir -p $(@D)
	$(BENCH_SAY) CC $@
	$(BENCH_Q)$(CC) $(MUSL) $(BENCH_CFLAGS) -Os -c -o $@.o $<
	$(BENCH_Q)$(CC) $(MUSL_LINK) -Wl,-u,cap_max_bits -s -o $@ $@.o $(BUILD)/sys.a $(MUSL_LIBS)

bench-clean:
	rm -rf $(BENCH_DIR)
