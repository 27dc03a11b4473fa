# The worker without a window, for a machine with a GPU or many cores (docs/remote.md):
#
#   docker build --tag afv .
#   docker build --tag afv-cuda --build-arg REQUIREMENTS=requirements-cuda.txt .
#
# PyTorch's default wheel brings CUDA along; PIP_EXTRA_INDEX_URL can name the index of its CPU wheels.
FROM python:3.11-slim-bookworm

ARG REQUIREMENTS=requirements.txt
ARG PIP_EXTRA_INDEX_URL=

# The CPU kernels are compiled for the machine at the first start.
RUN apt-get update && apt-get install --yes --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*

WORKDIR /afv
COPY requirements*.txt requirements.lock ./
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock && pip install --no-cache-dir -r $REQUIREMENTS
COPY . .

# Networks are read from here, and recordings written.
RUN mkdir /networks
ENTRYPOINT ["python", "visualizer.py", "--serve", "--root", "/networks"]
