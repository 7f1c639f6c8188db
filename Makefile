# make install   the environment in .venv, with every extra that the tests need
# make train     a small multilingual corpus and a codec trained on it, in a few minutes; safe to repeat
# make test      the fast tests, in three processes; JOBS=8 in eight
# make lint      ruff, the spelling, and the types
# make bench     how fast this machine trains, codes and loads, as tables; LFSC_NEMO_PYTHON=… for NeMo beside it
# make slow      the slow tests as well

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
EXTRAS := train,prep,datasets,s3,ray,evaluate,export,sweep,wandb,dev

# On two cores, a third one works while the others wait for processes that they have started: 322 s, with two 396.
JOBS ?= 3
# One thread each, or the processes' threads would wait for each other. A process that has no tests left takes some of
# another's, as they last unequally long.
PYTEST = OMP_NUM_THREADS=1 $(BIN)/pytest -n $(JOBS) --dist worksteal

.PHONY: install train test slow lint bench clean

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed, this is " + sys.version'
	$(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV): two or three minutes, 6 GB"
	$(BIN)/pip install -qq --constraint constraints.txt --editable '.[$(EXTRAS)]'
	@$(BIN)/pip install -qq --constraint constraints.txt --editable '.[pesq,world]' 2>/dev/null \
		|| echo 'PESQ and pitch are skipped: they are built from source and need a C compiler (apt install gcc); all else works'
	@touch $(STAMP)

train: install
	$(BIN)/lfsc train demo --continue

test: install
	$(PYTEST) -m 'not slow and not gpu and not peer'

slow: install
	$(PYTEST) -m 'not gpu and not peer'

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/mypy

bench: install
	$(BIN)/python benchmarks/update.py
	$(BIN)/python benchmarks/update.py --recipe small --batch 1 2 4 8 16 32 64 --updates 4 --precision bf16-mixed
	$(BIN)/python benchmarks/running.py
	$(BIN)/python benchmarks/coding.py
	$(BIN)/python benchmarks/streaming.py
	$(BIN)/python benchmarks/preparation.py
	$(BIN)/python benchmarks/loader.py

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache dist
