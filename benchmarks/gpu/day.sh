#!/usr/bin/env bash
# On the machine with the GPU, in this checkout: day.sh OUT [FOLDER [OPTIONS OF measure.py]], with what carry.sh has
# gathered in FOLDER.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?a folder for the results} folder=${2:-}
begin=$(date +%s)
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TOKENIZERS_PARALLELISM=false
export PYTHONPATH=$here/../../src:$here/../..
options=()
if [ -n "$folder" ]; then
  site=$(mktemp -d)
  python3 -m pip install -q --no-index --no-deps --no-compile --target "$site" "$folder"/wheels/*.whl
  PYTHONPATH=$PYTHONPATH:$site
  if [ -d "$folder/speech" ]; then options+=(--corpus "$folder/speech"); fi
  if [ -d "$folder/nemo" ]; then options+=(--nemo "$folder/nemo"); fi
fi
# Nine minutes in all.
python3 "$here/measure.py" "$out" --seconds $((525 - $(date +%s) + begin)) "${options[@]}" "${@:3}"
