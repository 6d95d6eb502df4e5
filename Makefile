# Every command of the course. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help env lab data restore clean

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# The pages: the text of each is NAME.md, its notebook NAME.ipynb (site/listing.py is this line in Python).
FOLDERS := notebooks notebooks/further
# A third of the disk would be compiled files that nobody uses: Python compiles what it imports.
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
export PYTHONDONTWRITEBYTECODE :=

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: $(VENV)/.complete ## make the environment in .venv (nothing to do when it is up to date)

$(VENV)/.complete: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Name another: make env PYTHON=python3.12")'
	$(PYTHON) -m venv --clear $(VENV)
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

# JupyterLab would fetch news, look for newer versions and list extensions, for those who agreed.
ALONE := --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate --LabApp.news_url=None \
  --LabApp.extension_manager=readonly

lab: env ## open the notebooks in JupyterLab (fetches the kidney data first, if it can)
	@$(BIN)/python -m helpers.datasets --fetch --if-possible
	-@$(BIN)/jupyter trust $(FOLDERS:=/*.ipynb) >/dev/null
	$(BIN)/jupyter lab --notebook-dir=notebooks $(ALONE)

data: env ## fetch the kidney-cancer table (the only download of the course) and check it
	$(BIN)/python -m helpers.datasets --fetch

# Nothing is lost: what is there is copied before anything is written.
PAGE ?= *
restore: ## bring the pages back; your own go to notebooks/mine-DATE (one page: PAGE=03_radon)
	@set -e; mine=notebooks/mine-$$(date +%Y-%m-%d-%H%M%S); back=; \
	if [ -d .pages ]; then all=$$(cd .pages && find * -name '*.ipynb'); \
	else all=$$(cd notebooks && git ls-tree -r --name-only HEAD); fi; \
	for page in $$all; do case /$$page in */$(PAGE).ipynb) back="$$back $$page";; esac; done; \
	if [ -z "$$back" ]; then echo 'There is no page $(PAGE). The pages:' \
	  $$(echo "$$all" | sed -n 's/\.ipynb$$//p') >&2; exit 1; fi; \
	mkdir $$mine; \
	for page in $$back; do mkdir -p $$(dirname $$mine/$$page) $$(dirname notebooks/$$page); \
	  if [ -f notebooks/$$page ]; then cp notebooks/$$page $$mine/$$page; fi; done; \
	for page in $$back; do if [ -d .pages ]; then cp .pages/$$page notebooks/$$page; \
	  else git checkout --quiet HEAD -- notebooks/$$page; fi; done; \
	echo "The pages are back. What was there is in $$mine. In JupyterLab: File, Reload Notebook from Disk."

clean: ## remove the environments and everything built
	rm -rf $(VENV) .bench build .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- What follows is for those who change the course: the students' copy ends here. ----
.PHONY: notebooks explorables test test-all processors stress faults mutants html student bench format lock

PAGES  := $(wildcard $(FOLDERS:=/*.md))
# A learner sees progress; a stored output never does.
QUIET  := PARTIAL_POOLING_QUIET=1

# What the site, the browser tests and development need besides.
DEV    := $(VENV)/.dev

$(DEV): $(VENV)/.complete requirements-dev.lock
	$(PIP) --require-hashes -r requirements.lock -r requirements-dev.lock
	@touch $@

# The flow is one way and never looks at file times: text -> notebook -> notebook with outputs.
# Stored outputs come from the real kidney table, so it has to be there.
notebooks: data ## write every notebook from its text and run it
	$(BIN)/jupytext --quiet --to ipynb --update $(PAGES)
	$(QUIET) $(BIN)/jupyter nbconvert --log-level=WARN --to notebook --inplace --execute \
	  --ExecutePreprocessor.record_timing=False $(PAGES:.md=.ipynb)
	$(BIN)/jupyter nbconvert --log-level=WARN --inplace --coalesce-streams $(PAGES:.md=.ipynb)

# All cores; the tests of one file, and the cells of one notebook, stay together and in order.
# The long tests need no order: there an idle core takes over from a busy one.
PYTEST := $(QUIET) $(BIN)/python -m pytest -q --nbval --nbval-current-env -n logical --dist loadfile

test: env ## the tests: units, files, and every notebook run against its stored outputs
	$(PYTEST) -m "not long and not browser" tests notebooks

test-all: test $(DEV) ## the tests, then what takes longer: calibration, JupyterLab and site in a browser
	$(PYTEST) --dist worksteal -m "long or browser" tests

# Two of the settings of `make stress`: without AVX-512, and with log densities moved a little.
processors: env ## run the notebooks as on another processor: the text has to stay (two minutes)
	$(BIN)/python tests/stress/processors.py "no V4" nudge

stress: data ## run the notebooks 20 times in changed surroundings, and as on other processors (half an hour)
	$(BIN)/python tests/stress/stress.py
	$(BIN)/python tests/stress/processors.py

faults: data ## plant known faults in copies of the last commit: each has to be caught (half an hour)
	$(BIN)/python tests/stress/faults.py

mutants: env build/mutmut/.complete ## plant faults in the numerical helpers and see that their tests notice (three hours)
	$(QUIET) PYTHONPATH=$(CURDIR)/build/mutmut $(BIN)/python tests/stress/mutants.py

build/mutmut/.complete: tests/stress/requirements.lock | env
	@rm -rf build/mutmut
	$(PIP) --require-hashes --target build/mutmut -r tests/stress/requirements.lock
	@touch $@

explorables: ## bundle the scripts of the explorables (needs Node 20 or newer, reaches npm)
	cd site/explorables && npm ci --silent && npm run --silent build

html: env $(DEV) ## the course as a static site in build/site
	@rm -rf build/site build/doctrees
	$(BIN)/sphinx-build -W --keep-going -q -b html -d build/doctrees site build/site
	@echo "The site is in build/site: open build/site/index.html"

student: env ## the course without solutions in build/student, the marking key beside it
	$(BIN)/python site/student.py

bench: env .bench/.complete ## measure speed and scale against other programs, and write the site's tables (an hour)
	.bench/bin/python tests/bench/bench.py

# The other programs have an environment of their own: nothing else needs them.
.bench/.complete: tests/bench/requirements.lock pyproject.toml
	$(PYTHON) -m venv --clear .bench
	$(PIP:$(BIN)%=.bench/bin%) --require-hashes -r tests/bench/requirements.lock
	$(PIP:$(BIN)%=.bench/bin%) --no-deps --no-build-isolation --editable .
	@touch $@

format: env $(DEV) ## tidy the Python code, in the helpers and in the pages alike
	$(BIN)/ruff check --quiet --fix helpers tests site data
	$(BIN)/ruff format --quiet helpers tests site data
	$(BIN)/jupytext --quiet --pipe "$(BIN)/ruff format -" $(PAGES)

LOCK := $(BIN)/uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
  --generate-hashes --no-emit-index-url --no-header --upgrade

# The second lock holds only what the first does not: whoever needs it installs both.
# The extra `scale` is left out: only `make bench` needs it, and its environment has a lock of its own.
lock: env $(DEV) ## resolve the ranges of pyproject.toml into exact, hash-checked versions
	$(LOCK) pyproject.toml --extra test -o requirements.lock
	$(LOCK) pyproject.toml --extra test --extra browser --extra site --extra dev --constraints requirements.lock \
	  $$(sed -n 's/^\([^ #=]*\)==.*/--no-emit-package \1/p' requirements.lock) -o requirements-dev.lock
	$(LOCK) tests/bench/requirements.in -o tests/bench/requirements.lock
	$(LOCK) tests/stress/requirements.in --constraints requirements.lock -o tests/stress/requirements.lock
