# SPDX-License-Identifier: MIT
# Benchmarks: what comes before them. tests/bench/bench.mk builds their programs and runs them.

.PHONY: bench bench-prepare
bench: | bench-prepare ## porthole and its peers (installed if missing) side by side; QUICK=1, ROUNDS=N
bench-prepare:
	@tools/packaging/install-packages build bench
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory all

-include tests/bench/bench.mk
$(BENCH_PROGRAMS): | bench-prepare
