"""One corpus, every implementation: codecs/vectors against the reference, the native core and WebAssembly."""
