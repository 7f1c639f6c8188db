#!/usr/bin/env bash
# One run under Slurm, which resumes after a preemption or a time limit: sbatch recipes/launch/slurm.sh RECIPE key=value …
#SBATCH --job-name=lfsc
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=8        # one a GPU
#SBATCH --gpus-per-node=8
#SBATCH --cpus-per-task=8
#SBATCH --time=24:00:00
#SBATCH --signal=USR1@120          # two minutes before the limit: the run saves after the update under way
#SBATCH --requeue
#SBATCH --open-mode=append
set -uo pipefail

# A rank that dies ends the others after a minute; sooner, and their ends would hide the exit status of an interruption.
# --continue: the same command begins the run and resumes it.
srun --wait=60 lfsc train "$@" trainer=ddp trainer.num_nodes="$SLURM_NNODES" --continue
code=$?

# 75: asked to stop, with a checkpoint. 138 and 143: USR1 or TERM came before training began, and nothing is lost.
case "$code" in
  75 | 138 | 143)
    scontrol requeue "$SLURM_JOB_ID" && exit 0
    echo "this job could not be put back into the queue: submit it again, and it resumes" >&2
    ;;
esac
exit "$code"
