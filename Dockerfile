# docker build --tag spacy-mtl .
# docker run --rm --volume "$PWD:/data" spacy-mtl mtl predict training/demo/model-best texts.jsonl labels.jsonl
FROM python:3.12.11-slim-bookworm

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1
# Small matrices gain nothing from more threads.
ENV OPENBLAS_NUM_THREADS=1

WORKDIR /source
COPY pyproject.toml setup.cfg README.md LICENSE ./
COPY spacy_mtl spacy_mtl
RUN python -m pip install .

# Files come from a folder of the host, whose owner `--user` can name.
WORKDIR /data
USER 1000:1000
ENTRYPOINT ["python", "-m", "spacy"]
CMD ["mtl", "--help"]
