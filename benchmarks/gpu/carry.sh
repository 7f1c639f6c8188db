#!/usr/bin/env bash
# Gathers what a GPU machine without a network lacks: carry.sh FOLDER [SPEECH [OPTIONS OF data_prep]]
#
# FOLDER gets wheels for Python 3.12 (torch, lightning and transformers are expected there), with SPEECH a corpus made
# of a folder of recordings, and where LFSC_NEMO_PYTHON is an interpreter that has nemo_toolkit 3.0.0, the files of
# NeMo's own update.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
folder=${1:?a folder to gather in}
python=${PYTHON:-$project/.venv/bin/python}
mkdir -p "$folder/wheels"
folder=$(cd "$folder" && pwd)
pins=$("$python" "$here/wheels.py")
if [ -n "${LFSC_NEMO_PYTHON:-}" ]; then
  "$LFSC_NEMO_PYTHON" "$here/slim_nemo.py" "$folder/nemo"
  # What those files import beside.
  pins+=$'\n'$("$LFSC_NEMO_PYTHON" -m pip freeze | grep -E '^(einops|wrapt)==')
fi
platforms=$(for age in 2_28 2_27 2_24 2_17; do echo --platform "manylinux_${age}_x86_64"; done)
# shellcheck disable=SC2086,SC2046  # words, one by one
python3 -m pip download -q --no-deps --only-binary=:all: --python-version 3.12 $platforms -d "$folder/wheels" \
  $(grep -v '^antlr4' <<<"$pins")
# There is a source of it only.
# shellcheck disable=SC2046
python3 -m pip wheel -q --no-deps -w "$folder/wheels" $(grep '^antlr4' <<<"$pins")
if [ $# -gt 1 ]; then
  "$python" -m data_prep folder "$2" "$folder/speech" --name speech "${@:3}"
fi
du -sh "$folder"/*
