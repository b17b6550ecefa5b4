# make run      the main job on a shipped fixture
# make test     every check and every test
# make long     the properties, and what is drawn for the kernel, with about ten times the examples
# make kernel   only the tests that ask the real kernel (root, iptables); with N=5000 that many random
#               cases instead (SEED=, FAMILY=4, BACKEND=nft, KEEP=folder for disagreements)
# make pairs    pairs of rule sets beside the real kernel: N=2000 packets (SEED=, FAMILY=4, BACKEND=nft)
# make bench    every row of docs/explanation/performance.md beside its peer, and the bound on growth
#               (ARGS="--quick", "--tum BEFORE AFTER", "--only packets")
# make growth   time and memory from 1,000 to 1,000,000 rules, and the picture of it
# make tables   writes anew what Lark makes of grammars/, where one changed
# make docs     the site, in build/docs; a warning is an error. With a playground in it where Pyodide
#               is at hand: `iptsim play` fetches it, IPTSIM_PYODIDE tells where it is
# make play     the playground, in build/playground
# make links    asks for every address that the site names (network)
# make notebooks writes the lessons of docs/notebooks anew from their sources
# make pictures draws the pictures of the documentation anew
# make man      writes the manual page anew, docs/man/iptsim.1
# make fixtures makes fixtures/ anew (root, iptables)
# Each sets up what it needs in .venv first; PYTHON chooses the Python, 3.11 or newer.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CASE := fixtures/istio/both-directions

.PHONY: run test lint types layers tests long bench growth walk kernel pairs tables docs play links man notebooks pictures fixtures clean

run: $(VENV)/.run
	$(BIN)/iptsim trace --dport 8088 $(CASE)/after.txt

# Types are checked beside the tests: they are one process, and tests of the kernel often wait.
test: lint layers
	$(MAKE) --no-print-directory --jobs=2 types tests

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy
	$(BIN)/mypy tests/kernel/conftest.py

layers: $(VENV)/.dev
	$(BIN)/lint-imports

tests: $(VENV)/.dev
	$(BIN)/pytest -n auto --dist worksteal

long: $(VENV)/.dev
	IPTSIM_MANY=1 $(BIN)/pytest -n auto --dist worksteal \
		tests/property tests/kernel tests/browser tests/unit/test_short_looks.py

kernel: $(VENV)/.dev
ifdef N
	PYTHONPATH=tests/unit $(BIN)/python tests/kernel/long_run.py $(N) \
		$(if $(SEED),--seed $(SEED)) $(if $(FAMILY),--family $(FAMILY)) \
		$(if $(BACKEND),--backend $(BACKEND)) $(if $(KEEP),--keep $(KEEP))
else
	IPTSIM_REQUIRE_KERNEL=1 $(BIN)/pytest -m kernel
endif

pairs: N ?= 2000
pairs: $(VENV)/.dev
	PYTHONPATH=tests/unit $(BIN)/python tests/kernel/pairs_run.py $(N) \
		$(if $(SEED),--seed $(SEED)) $(if $(FAMILY),--family $(FAMILY)) \
		$(if $(BACKEND),--backend $(BACKEND))

bench: $(VENV)/.dev
	$(BIN)/python tests/benchmarks/bench.py $(ARGS)
	$(BIN)/pytest tests/benchmarks

growth: $(VENV)/.dev
	$(BIN)/python tests/benchmarks/growth.py docs/explanation/growth.svg

walk: $(VENV)/.dev
	$(BIN)/python tests/benchmarks/walk.py

tables: $(VENV)/.dev
	$(BIN)/python -m iptsim.dialects.table_writing

docs: $(VENV)/.dev
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs build/docs

play: $(VENV)/.run
	$(BIN)/iptsim play -o build/playground

links: $(VENV)/.dev
	$(BIN)/python -m sphinx -q -b linkcheck docs build/links

man: $(VENV)/.dev
	$(BIN)/python -m iptsim --man > docs/man/iptsim.1

notebooks: $(VENV)/.dev
	$(BIN)/python docs/notebooks/make.py

pictures: $(VENV)/.dev
	docs/pictures/make

fixtures: $(VENV)/.dev
	$(BIN)/python fixtures/make

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check -e .
	$(BIN)/python -m compileall -q iptsim
	touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	$(BIN)/python -m compileall -q iptsim
	touch $@ $(VENV)/.run

clean:
	rm -rf $(VENV) dist build
