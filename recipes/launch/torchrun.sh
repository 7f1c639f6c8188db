#!/usr/bin/env bash
# One run on several machines under torchrun. On each of them: ./torchrun.sh RECIPE key=value …
# NODES and MASTER (host:port of any one of them) come from the environment; runs/ must lie on a disk that all share.
# PROCESSES is how many on each machine, without it one a GPU.
# Stopped by SIGTERM, a run saves after the update under way (torchrun gives it 30 s), and the same command resumes it; torchrun
# itself then exits with 1 and not with 75: `lfsc runs` tells an interrupted run from a failed one.
# On one machine this file is not needed: lfsc train RECIPE trainer=ddp takes all its GPUs.
set -euo pipefail

nodes=${NODES:?how many machines}
master=${MASTER:?host:port of one of them, the same on all}

# --continue: the same command begins the run and resumes it.
torchrun --nnodes "$nodes" --nproc-per-node "${PROCESSES:-gpu}" --rdzv-backend c10d --rdzv-endpoint "$master" --rdzv-id lfsc \
  -m lfsc train "$@" trainer=ddp trainer.num_nodes="$nodes" --continue
