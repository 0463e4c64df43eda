# Everything runs in .venv, which these rules make and keep.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test bench lock clean

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

# Every check, as CI runs them.
test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n auto --dist loadgroup

# Figures, not checks: how long things take on this machine.
bench: $(READY)
	$(BIN)/python -m tests.benchmarks $(BENCH)

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
	rm -rf .venv .demo .bench .mypy_cache .pytest_cache .ruff_cache .hypothesis
