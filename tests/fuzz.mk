# SPDX-License-Identifier: MIT
# Fuzzers: tests/fuzz/fuzz_NAME.c links the pure core; tests/fuzz/corpus/NAME/ holds its seeds, which no run
# writes to: new inputs go to build/fuzz/corpus/NAME/, inputs that fail to build/fuzz/found/.

CC_fuzz = clang
CFLAGS_fuzz = $(BASE) -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all
LINK_fuzz = -pie -fsanitize=fuzzer,address,undefined
LIBS_fuzz = -lcap
$(eval $(call build,fuzz))

FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS ?= 300
FUZZ_SHORT   ?= 10

$(FUZZERS:%=build/fuzz/fuzz_%): build/fuzz/%: build/fuzz/tests/fuzz/%.o $(CORE_SRC:%.c=build/fuzz/init/core/%.o)
	$(call say,LD,$@)
	$(Q)$(CC_fuzz) $(LINK_fuzz) -o $@ $^

# $(call fuzz,SECONDS,NAME): its output is shown in full only when it fails.
fuzz_run = @printf '  FUZZ  %s for %s s\n' $2 $1; \
	mkdir -p build/fuzz/corpus/$2 build/fuzz/found && \
	if build/fuzz/fuzz_$2 -max_total_time=$1 -timeout=5 -rss_limit_mb=1024 -print_final_stats=1 \
		-artifact_prefix=build/fuzz/found/$2- build/fuzz/corpus/$2 $(wildcard tests/fuzz/corpus/$2) >build/fuzz/$2.log 2>&1; \
	then grep -E '^stat::number_of_executed|cov:' build/fuzz/$2.log | tail -n 2; \
	else tail -n 60 build/fuzz/$2.log; echo "fuzz_$2 failed: see build/fuzz/$2.log and build/fuzz/found/" >&2; exit 1; fi

.PHONY: fuzz fuzz-short fuzz-programs $(FUZZERS:%=fuzz-short-%) $(FUZZERS:%=fuzz-long-%)
fuzz-programs: $(FUZZERS:%=build/fuzz/fuzz_%)
fuzz: $(FUZZERS:%=fuzz-long-%) ## every fuzzer for FUZZ_SECONDS (300)
fuzz-short: $(FUZZERS:%=fuzz-short-%) ## every fuzzer for FUZZ_SHORT (10) seconds
$(FUZZERS:%=fuzz-long-%): fuzz-long-%: build/fuzz/fuzz_%
	$(call fuzz_run,$(FUZZ_SECONDS),$*)
$(FUZZERS:%=fuzz-short-%): fuzz-short-%: build/fuzz/fuzz_%
	$(call fuzz_run,$(FUZZ_SHORT),$*)
