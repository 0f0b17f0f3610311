#!/usr/bin/env bash
# Prints the path of a working Python of the version asked for, such as 3.13; fails where there is none.
set -u
for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*/bin/python; do
  if "$candidate" -c 'import sys; print(sys.executable)' 2>/dev/null; then exit 0; fi
done
echo "no Python $1 here" >&2
exit 1
