# docker build --build-arg TORCH=cpu --tag lfsc:cpu .     codes, tokenizes, prepares corpora, exports; a CPU-only torch
# docker build --tag lfsc:cuda .                          trains and evaluates as well, with or without a GPU
#
# What needs torchaudio, which is training and evaluation, is in the second alone: the torchaudio of constraints.txt does
# not import beside a torch without CUDA's libraries.
ARG PYTHON=3.12
ARG TORCH=cuda

FROM python:${PYTHON}-slim AS tools
# For pesq and pyworld, which are built from source.
RUN apt-get update && apt-get install --yes --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/lfsc
ENV PATH=/opt/lfsc/bin:$PATH
WORKDIR /build
COPY pyproject.toml constraints.txt ./

FROM tools AS torch-cpu
ARG EXTRAS=prep,export
ARG CPU_INDEX=https://download.pytorch.org/whl/cpu
ENV EXTRAS=$EXTRAS
# Without what torch depends on: that comes below, from where all else comes from.
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install --no-deps --index-url "$CPU_INDEX" --constraint constraints.txt torch

FROM tools AS torch-cuda
ARG EXTRAS=train,prep,datasets,s3,evaluate,pesq,world,export,sweep,wandb
ENV EXTRAS=$EXTRAS

FROM torch-${TORCH} AS installed
WORKDIR /build
# What lfsc depends on, without lfsc: this layer stays as it is when the code changes.
RUN python -c "import os, tomllib; project = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
extras = project['optional-dependencies']; names = os.environ['EXTRAS'].split(','); \
print(*project['dependencies'], *(line for name in names for line in extras[name]), sep='\n')" > requirements.txt
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install --constraint constraints.txt --requirement requirements.txt
COPY README.md LICENSE ./
COPY src src
COPY conf conf
COPY recipes recipes
COPY data_prep data_prep
RUN --mount=type=cache,target=/root/.cache/pip pip install --no-deps .

FROM python:${PYTHON}-slim
COPY --from=installed /opt/lfsc /opt/lfsc
ENV PATH=/opt/lfsc/bin:$PATH HOME=/home/lfsc
# Anybody may write into the home, for caches of libraries, and into the volumes: `docker run --user` names somebody whom
# the image does not know.
RUN useradd --uid 1000 --create-home lfsc && chmod 1777 /home/lfsc \
    && install --directory --mode 1777 /lfsc /lfsc/data /lfsc/runs
USER 1000
WORKDIR /lfsc
VOLUME ["/lfsc/data", "/lfsc/runs"]
ENTRYPOINT ["lfsc"]
CMD ["--help"]
