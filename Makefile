# The two commands a newcomer needs are `make demo` and `make test`; the rest are their parts.
VENV ?= .venv
PYTHON ?= python3.11
PY := $(VENV)/bin/python
NPM := npm --prefix viewer

.PHONY: demo test env check clean

# ---- environment -----------------------------------------------------------------------------------------------------
$(VENV)/.made: pyproject.toml pyramid/CMakeLists.txt $(wildcard codecs/CMakeLists.txt codecs/src/* codecs/include/* pyramid/native/*)
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --upgrade pip
	$(PY) -m pip install --quiet 'scikit-build-core>=0.11' 'nanobind>=2.9' ninja
	$(PY) -m pip install --quiet --no-build-isolation --editable '.[dev]'
	touch $@

env: $(VENV)/.made

clean:
	rm -rf build $(VENV) viewer/dist viewer/node_modules demo
