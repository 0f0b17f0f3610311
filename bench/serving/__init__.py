"""What serving costs over a slow line, which is a proxy: nothing leaves the machine. ``python -m bench.serving STORE``."""
