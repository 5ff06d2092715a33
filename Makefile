# Two commands do everything: `make demo` and `make test`. Both set up what they need and may be run again.
PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.installed
HOME_DIR ?= demo-data

.PHONY: demo test check bench bench-warc bench-year bench-quality bench-copies bench-history bench-figures bench-search bench-web bench-io lock clean

demo: $(STAMP)
	$(VENV)/bin/communique demo --home "$(HOME_DIR)"

test: check
	$(VENV)/bin/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder

check: $(STAMP)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

bench: $(STAMP)
	$(VENV)/bin/python -m benchmarks.crawl

bench-warc: $(STAMP)
	$(VENV)/bin/python -m benchmarks.warc_level

bench-year: $(STAMP)
	$(VENV)/bin/python -m benchmarks.year

bench-quality: $(STAMP)
	$(VENV)/bin/python -m benchmarks.quality
	$(VENV)/bin/python -m benchmarks.reports
	$(VENV)/bin/python -m benchmarks.stories
	$(VENV)/bin/python -m benchmarks.labels

bench-copies: $(STAMP)
	$(VENV)/bin/python -m benchmarks.copies --million

bench-history: $(STAMP)
	$(VENV)/bin/python -m benchmarks.history

bench-figures: $(STAMP)
	$(VENV)/bin/python -m benchmarks.figures
	$(VENV)/bin/python -m benchmarks.briefings

bench-search: $(STAMP)
	$(VENV)/bin/python -m benchmarks.searching

bench-web: $(STAMP)
	$(VENV)/bin/python -m benchmarks.web

bench-io: $(STAMP)
	$(VENV)/bin/python -m benchmarks.importing
	$(VENV)/bin/python -m benchmarks.exporting

# a hashed lock and an editable project cannot be in one call of pip; the project is installed in place, with the
# build tools that the lock names
$(STAMP): requirements.lock pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Communique needs Python 3.11 or later: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@test -x $(VENV)/bin/python || "$(PYTHON)" -m venv $(VENV) || \
		{ echo "cannot make $(VENV): on Debian, apt-get install python3-venv" >&2; exit 2; }
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

# after a change of pyproject.toml's dependencies; hashes, and no registry's address
lock:
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --upgrade --output-file requirements.lock

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache
