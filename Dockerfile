# The lab over the torch of NVIDIA's 24.04 container: Python 3.10, torch 2.3.0a0+6ddf5cf85e.nv24.4, CUDA 12.4.
#
#   docker build -t sdxl-tui .
#   docker run -it --rm --gpus all --ipc=host --ulimit memlock=-1 --ulimit stack=67108864 \
#     -e CUDA_VISIBLE_DEVICES=2 -e TERM -e COLORTERM=truecolor \
#     -e SDXL_TUI_HOME=/app/.sdxl-tui -e SDXL_TUI_HOST_DIR="$PWD" \
#     -v /root/.cache/huggingface:/root/.cache/huggingface -v "$PWD":/app -w /app sdxl-tui
#
# Another container of NVIDIA's: --build-arg BASE=nvcr.io/nvidia/pytorch:25.01-py3
ARG BASE=nvcr.io/nvidia/pytorch:24.04-py3
FROM ${BASE}

# What is compiled for this container stays as it is. NVIDIA's own PIP_CONSTRAINT also holds what the lab needs newer
# (Pillow, rich …), so the list of what is held takes its place while the lab is installed.
COPY . /tmp/sdxl-tui
RUN pip list --format=freeze | grep -E '^(torch|torchvision|torchaudio|triton|pytorch-triton|numpy)==' > /tmp/held.txt \
    && cat /tmp/held.txt \
    && PIP_CONSTRAINT=/tmp/held.txt pip install --no-cache-dir /tmp/sdxl-tui \
    && install -m 755 /tmp/sdxl-tui/.docker/entrypoint /usr/local/bin/sdxl-tui-entrypoint \
    && rm -rf /tmp/sdxl-tui \
    && pip list --format=freeze | grep -xFf /tmp/held.txt | diff - /tmp/held.txt \
    && rm /tmp/held.txt

# Nothing here asks the network for anything; `sdxl-tui models download` lifts that for itself.
ENV HF_HUB_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1 DO_NOT_TRACK=1 LANG=C.UTF-8

WORKDIR /app
ENTRYPOINT ["/usr/local/bin/sdxl-tui-entrypoint"]
