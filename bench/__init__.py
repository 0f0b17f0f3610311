"""Benchmarks, each a package that is run from the root of the repository: ``python -m bench.codec``."""
