# Everything runs in .venv, which these rules make and keep. The system's own Python comes first, if
# it is new enough: distributions compile it with its profile (PGO), which pyenv and the like do not
# unless told to, and everything in Python is a fifth faster.
FIT := 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(or $(firstword $(foreach python,/usr/bin/python3 python3, \
	$(shell $(python) -c $(FIT) 2>/dev/null && echo $(python)))),python3)
BIN := .venv/bin
READY := .venv/.ready
# What is run some hundred times need not be compiled each time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test bench fuzz lock clean

# Serve config/demo.toml with made-up people; Ctrl-C ends it.
demo: $(READY)
	@mkdir -p .demo
	@$(BIN)/dirserver -c config/demo.toml apply
	@$(BIN)/dirserver -c config/demo.toml import --book customers config/demo/customers.vcf
	@$(BIN)/dirserver -c config/demo.toml import --book staff config/demo/staff.vcf
	@$(BIN)/dirserver -c config/demo.toml import --book suppliers config/demo/suppliers.vcf
	@$(BIN)/dirserver -c config/demo.toml import --book press config/demo/press.vcf
	@cat config/demo/next-steps.txt
	@$(BIN)/dirserver -c config/demo.toml serve

# Every check, as CI runs them. The tests make databases in memory, if there is room: half of their
# time they would wait for a disk, for nothing that has to stay.
ROOM := $(shell df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 2000000 { print "/dev/shm" }')
test: export TMPDIR := $(or $(TMPDIR),$(ROOM),/tmp)
test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n auto --dist loadgroup

# Figures, not checks: how long things take on this machine.
bench: $(READY)
	$(BIN)/python -m tests.benchmarks $(BENCH)

# Look for octets that the LDAP face cannot bear, for FUZZ seconds. What stops it is left in .fuzz;
# when that is mended, it goes into the corpus, which `make test` replays. The fuzzer is no part of
# what tests need, since it is large.
FUZZ ?= 600
fuzz: $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps atheris==3.0.0
	@mkdir -p .fuzz/found
	$(BIN)/python -m tests.ldap.fuzz -max_total_time=$(FUZZ) -timeout=20 -max_len=700 \
		-artifact_prefix=.fuzz/ .fuzz/found tests/ldap/corpus
	$(BIN)/python -m tests.ldap.fuzz -set_cover_merge=1 -use_counters=0 -max_len=700 \
		tests/ldap/corpus .fuzz/found

# ldaptor asks for passlib 1.7.4, which installs the same files as libpass, its maintained fork
# that Radicale asks for. So the packages are installed from a list in which only one of the two
# is, and pip does not look further.
$(READY): .requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -r .requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Bring the list of packages up to date with pyproject.toml.
lock:
	rm -rf .venv
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet hatchling editables '.[test]'
	$(BIN)/pip uninstall --quiet --yes dirserver passlib
	$(BIN)/pip freeze --all --exclude pip --exclude setuptools > .requirements.lock
	rm -rf .venv

clean:
	rm -rf .venv .demo .bench .fuzz .mypy_cache .pytest_cache .ruff_cache .hypothesis
