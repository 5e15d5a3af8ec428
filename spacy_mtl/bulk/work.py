"""What a worker does with a block: it reads the rows, runs the pipeline and writes what belongs into the output."""

import gzip
import json
from collections.abc import Mapping
from typing import Any

from spacy.language import Language

from ..errors.bulk import BulkReasons
from ..inference.model import find_encoders, model_digest, read_docs, running
from ..inference.predictor import Predictor
from ..inference.writers import encode_json
from ..pipeline.extensions import get_embedding
from .blocks import Block, Format, Layout, Result, Row, Scored
from .columns import ParquetTable
from .inputs import ZIPPED
from .lines import JsonLines
from .tables import Table


class Scorer:
    """Compute the scores of texts and, if asked for, their embeddings, in one pass."""

    def __init__(self, predictor: Predictor, *, embeddings: bool = False) -> None:
        """Look for the encoder.

        predictor (Predictor): Knows the tasks.
        embeddings (bool): Whether embeddings are wanted.
        RAISES (ValueError): If they are, and the pipeline has no encoder.
        """
        self.predictor = predictor
        self.width = 0
        if embeddings:
            encoder: Any = predictor.nlp.get_pipe(find_encoders(predictor.nlp)[-1])
            self.width = int(encoder.model.get_dim("nO"))

    @property
    def nlp(self) -> Language:
        """RETURNS (Language): The pipeline."""
        return self.predictor.nlp

    def __call__(self, texts: list[str]) -> list[Scored]:
        """Compute what is asked for.

        texts (List[str]): The texts.
        RETURNS (List[Scored]): What was found, for each.
        """
        found = []
        with running(self.nlp, self.predictor.names):
            for doc in read_docs(self.nlp, texts, self.predictor.batch_size):
                embedding = None
                if self.width:
                    vector = get_embedding(doc)
                    embedding = vector.tolist() if len(vector) else [0.0] * self.width
                found.append(Scored(self.predictor.describe(doc), embedding))
        return found

    def digest(self) -> str:
        """RETURNS (str): A number that is the same for models that compute the same."""
        return model_digest(self.nlp, self.predictor.names)


class Apply:
    """Turns blocks of rows into rows with scores. It can be pickled: each worker has one of its own."""

    def __init__(self, scorer: Scorer, layout: Layout) -> None:
        """Set up the formats.

        scorer (Scorer): Computes the scores.
        layout (Layout): What rows look like.
        """
        self.scorer = scorer
        self.formats = make_formats(layout)

    def __call__(self, block: Block, left_out: Mapping[int, str]) -> Result:
        """Work on a block. The same block gives the same bytes each time.

        block (Block): The rows.
        left_out (Mapping[int, str]): Numbers of rows that are not to be looked at, and why.
        RETURNS (Result): What is to be written.
        """
        form = self.formats[block.file.kind]
        rows = [
            row._replace(reason=left_out[row.number]) if row.number in left_out else row
            for row in form.parse(block.piece)
        ]
        rows, found = self._score(rows)
        good = [row for row in rows if not row.reason]
        bad = [row for row in rows if row.reason]
        data = form.encode(block, good, found)
        if block.file.target.endswith(ZIPPED):
            # Files of this kind may follow one another. None tells when it was made.
            data = gzip.compress(data, mtime=0) if data or block.is_first else b""
        rejected = b"".join(_describe(block.file.path, row) for row in bad)
        return Result(data, rejected, len(good), len(bad))

    def split(self, block: Block) -> list[Block]:
        """Cut a block into its rows.

        block (Block): The block.
        RETURNS (List[Block]): A block for each row.
        """
        pieces = self.formats[block.file.kind].split(block.piece)
        return [Block(block.file, piece, False, False) for piece in pieces]

    def _score(self, rows: list[Row]) -> tuple[list[Row], list[Scored]]:
        try:
            return rows, self.scorer([row.text for row in rows if not row.reason])
        except Exception:
            rows = [row if row.reason else self._try(row) for row in rows]
        return rows, self.scorer([row.text for row in rows if not row.reason])

    def _try(self, row: Row) -> Row:
        try:
            self.scorer([row.text])
        # Any component may fail, in any way.
        except Exception as error:
            reason = str(error).strip() or type(error).__name__
            return row._replace(reason=BulkReasons.FAILED.format(reason=reason))
        return row


def make_formats(layout: Layout) -> dict[str, Format]:
    """Set up what reads and writes files.

    layout (Layout): What rows look like.
    RETURNS (Dict[str, Format]): By the name of the format.
    """
    return {
        "jsonl": JsonLines(layout),
        "csv": Table(layout, ","),
        "tsv": Table(layout, "\t"),
        "parquet": ParquetTable(layout),
    }


def _describe(path: str, row: Row) -> bytes:
    fields = {"file": path, "number": row.number, "reason": row.reason, "row": row.row}
    try:
        return encode_json(fields) + b"\n"
    except (TypeError, ValueError):
        # A table may hold what has no form in JSON.
        return json.dumps({**fields, "row": repr(row.row)}).encode() + b"\n"
