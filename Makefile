# The two commands a newcomer needs are `make demo` and `make test`; the rest are their parts.
VENV ?= .venv
PY := $(VENV)/bin/python
NPM := npm --prefix viewer --silent
CORE := pyproject.toml pyramid/CMakeLists.txt codecs/CMakeLists.txt $(wildcard codecs/src/* codecs/include/* pyramid/native/*)

.PHONY: demo test env env-newest viewer packages check test-core test-python test-newest test-viewer test-napari screenshots bench-codec bench-serving vectors fuzz clean

demo: env viewer
	$(PY) scripts/demo.py

# Side by side is what waits, or works on one processor: downloads, compilers, checks, and at last pages in the browser. (Pages beside Python's tests, one
# of which has a browser of its own, take no less time, and what they wait for may come too late.)
test:
	$(MAKE) --no-print-directory -j4 env env-newest packages viewer/node_modules/.made
	$(MAKE) --no-print-directory -j3 test-core check viewer
	$(MAKE) --no-print-directory test-python
	$(MAKE) --no-print-directory -j2 test-newest test-viewer
	@echo "All tests have passed."

# ---- environment -----------------------------------------------------------------------------------------------------
# Installed for editing: a change of Python code needs no new installation, a change of C code does. Modules are compiled when they are first imported: most
# of what comes with all these packages never is.
define install
	test -x $(1)/bin/python || "$$(scripts/find-python.sh $(2))" -m venv $(1)
	$(1)/bin/python -m pip install --quiet --upgrade pip
	$(1)/bin/python -m pip install --quiet 'scikit-build-core>=0.11' 'nanobind>=2.9' 'cmake>=3.25' ninja 'setuptools>=77'
	$(1)/bin/python -m pip install --quiet --no-compile --no-build-isolation --editable '.[$(3)]'
	touch $(1)/.made
endef

$(VENV)/.made: $(CORE)
	$(call install,$(VENV),3.11,dev)

$(VENV)-newest/.made: $(CORE)
	$(call install,$(VENV)-newest,3.13,test)

env: $(VENV)/.made

# Where there is a Python 3.13.
env-newest: $(if $(shell scripts/find-python.sh 3.13 2>/dev/null),$(VENV)-newest/.made)

packages:
	scripts/system-packages.sh

# ---- viewer ----------------------------------------------------------------------------------------------------------
viewer/node_modules/.made: viewer/package-lock.json
	$(NPM) ci
	touch $@

viewer/dist/index.html: viewer/node_modules/.made viewer/index.html viewer/vite.config.ts $(wildcard codecs/wasm/*.wasm) $(shell find viewer/src viewer/bundle -type f)
	$(NPM) run build

viewer: viewer/dist/index.html

# ---- checks and tests ------------------------------------------------------------------------------------------------
check: env viewer/node_modules/.made
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(NPM) run check

# The C core alone, under sanitizers: vectors, fuzz targets for a bounded time, the WebAssembly build.
test-core: env packages
	codecs/test.sh

test-python: env viewer packages
	$(PY) -m pytest -q -n auto --dist worksteal

NEWEST_TESTS := tests/conformance $(addprefix tests/unit/test_,zarr_codec.py zarr_properties.py fronts.py roundtrip.py precision.py image.py codec_surface.py loops.py store.py)

# The newest Python with the newest zarr, where there is one: zarr's pipelines change from version to version. That the reference codec, which is plain
# NumPy, reads every good vector takes as long as all the rest, and is not tried a second time.
test-newest: env-newest
	@if scripts/find-python.sh 3.13 >/dev/null 2>&1; then \
	  $(VENV)-newest/bin/python -m pytest -q -n auto --dist worksteal -k 'not (test_good and reference)' $(NEWEST_TESTS); \
	else echo "no Python 3.13 here: the tests on it are left out"; fi

# Napari changes every pytest that it is installed beside, and takes minutes to install: it has an environment of its own, and is
# left out of `make test`.
build/napari/.made: | $(VENV)/.made
	$(PY) -m venv build/napari
	build/napari/bin/python -m pip install --quiet napari napari-ome-zarr
	touch $@

test-napari: env build/napari/.made
	CI=true ZIGGURAT_NAPARI_PYTHON=$(CURDIR)/build/napari/bin/python $(PY) -m pytest -q -n 2 tests/server/test_virtual_napari.py

test-viewer: env viewer packages
	$(NPM) test
	$(NPM) run test:browser

# 16,000 × 16,000 pixels of real frames; where ../shared/data is missing there is none, and what needs it is left out.
build/mosaic.zarr:
	$(PY) scripts/mosaic.py $@

# The README's pictures, out of the viewer's own screenshots.
screenshots: env viewer packages build/mosaic.zarr
	$(PY) scripts/readme_picture.py prepare build/gallery
	ZIGGURAT_GALLERY=$(CURDIR)/build/gallery ZIGGURAT_MOSAIC=$(CURDIR)/build/mosaic.zarr ZIGGURAT_SCREENSHOTS=$(CURDIR)/build/screenshots $(NPM) run test:browser -- gallery mosaic
	$(PY) scripts/readme_picture.py compose build/screenshots

# ---- measuring and making ------------------------------------------------------------------------------------------------
bench-codec: env
	$(PY) -m pip install --quiet --no-build-isolation --editable '.[bench]'
	$(PY) -m bench.codec

# The stream, OME-Zarr and JPEG tiles over 10 Mbit/s and 50 ms, and what panning wastes: docs/serving.md.
bench-serving: env build/mosaic.zarr
	$(PY) -m pip install --quiet --no-build-isolation --editable '.[bench]'
	$(PY) -m bench.serving build/mosaic.zarr

# The vectors of the format, written anew after a change of it.
vectors: env
	$(PY) codecs/vectors/make.py

fuzz: env packages
	mkdir -p build/fuzz
	$(PY) codecs/fuzz/large_seeds.py build/fuzz
	CC=gcc codecs/fuzz/run.sh 0
	FUZZ_LARGE=build/fuzz codecs/fuzz/run.sh 600

clean:
	rm -rf build $(VENV) $(VENV)-newest viewer/dist viewer/node_modules demo
