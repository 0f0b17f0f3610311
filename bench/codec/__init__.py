"""The codec beside its peers on real images, all in one run: ``python -m bench.codec``. docs/codec.md shows what it found."""

from .heldout import use

use()  # before any module of this package imports ziggurat
