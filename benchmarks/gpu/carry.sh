#!/usr/bin/env bash
# Gathers what a GPU machine without a network lacks: carry.sh FOLDER [SPEECH] [NEMO_PYTHON]
#
# FOLDER gets wheels for Python 3.12 (torch is expected there), with SPEECH a corpus made of a folder of recordings with
# a manifest.jsonl, and with NEMO_PYTHON, an interpreter that has nemo_toolkit 3.0.0, the files of NeMo's own update.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
folder=${1:?a folder to gather in} speech=${2:-} nemo=${3:-}
python=${PYTHON:-$project/.venv/bin/python}
mkdir -p "$folder/wheels"
wanted='antlr4-python3-runtime braceexpand bracex cffi deprecation filetype hydra-core jmespath jsonschema
  jsonschema-specifications lark megatron-energon mfusepy multi-storage-client omegaconf opentelemetry-api prettytable
  pycparser pyroute2 rapidyaml referencing rpds-py soundfile tzdata wcmatch wcwidth webdataset xattr'
pins=$(for name in $wanted; do grep -iE "^$name==" "$project/constraints.txt" || true; done)
binary=$(grep -v '^antlr4' <<<"$pins")
platforms=$(for age in 2_28 2_27 2_24 2_17; do echo --platform "manylinux_${age}_x86_64"; done)
# shellcheck disable=SC2086  # words, one by one
python3 -m pip download -q --no-deps --only-binary=:all: --python-version 3.12 $platforms -d "$folder/wheels" $binary
# shellcheck disable=SC2046
python3 -m pip wheel -q --no-deps -w "$folder/wheels" $(grep '^antlr4' <<<"$pins")
if [ -n "$speech" ]; then
  (cd "$project" && "$python" -m data_prep folder "$speech" "$folder/speech" --name speech \
    --manifest "$speech/manifest.jsonl" --val-share 0.06)
fi
if [ -n "$nemo" ]; then
  "$nemo" "$here/slim_nemo.py" "$folder/nemo"
fi
du -sh "$folder"/*
