"""The blocks of a job can be read on by another process."""

import pickle

from bulk_setup import write_rows

from spacy_mtl.bulk.blocks import Layout
from spacy_mtl.bulk.inputs import InputFile
from spacy_mtl.bulk.source import JobSource
from spacy_mtl.bulk.work import make_formats


def make_blocks(tmp_path):
    paths = [write_rows(tmp_path / name, 25) for name in ("a.jsonl", "b.jsonl")]
    files = [InputFile(str(path), "jsonl", f"{path}.out") for path in paths]
    return JobSource(files, make_formats(Layout())).blocks(10)


def test_blocks_that_are_unpickled_go_on_where_the_others_are(tmp_path):
    blocks = make_blocks(tmp_path)
    whole = list(make_blocks(tmp_path))
    assert len(whole) == 6
    before = [next(blocks) for _ in range(4)]
    packed = pickle.dumps(blocks)
    assert before + list(pickle.loads(packed)) == whole
    # As often as they are asked for.
    assert before + list(pickle.loads(packed)) == whole
    assert before + list(blocks) == whole


def test_blocks_that_are_all_read(tmp_path):
    blocks = make_blocks(tmp_path)
    list(blocks)
    assert list(pickle.loads(pickle.dumps(blocks))) == []
