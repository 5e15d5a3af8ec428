"""Finding the files of tasks and splits in a folder."""

import pytest

from spacy_mtl.training.files import find_task_files, resolve_files


def make(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"text": "a", "label": "x"}\n')
    return root


def names(files, root):
    return {
        split: {task: path.relative_to(root).as_posix() for task, path in by_task.items()}
        for split, by_task in files.items()
    }


@pytest.mark.parametrize(
    "layout",
    ["{t}/{s}.jsonl", "{t}.{s}.csv", "{t}-{s}.tsv.gz", "{t}_{s}.spacy", "{s}/{t}.jsonl.gz"],
)
def test_each_layout(tmp_path, layout):
    files = [layout.format(t=t, s=s) for t in ("my-task", "b_2") for s in ("train", "dev", "test")]
    expected = {
        s: {t: layout.format(t=t, s=s) for t in ("b_2", "my-task")}
        for s in ("train", "dev", "test")
    }
    assert names(find_task_files(make(tmp_path, *files)), tmp_path) == expected


@pytest.mark.parametrize("alias", ["val", "valid", "validation", "Dev"])
def test_other_names_of_dev(tmp_path, alias):
    make(tmp_path, "t/train.jsonl", f"t/{alias}.jsonl")
    assert list(find_task_files(tmp_path)) == ["train", "dev"]


def test_split_argument(tmp_path):
    make(tmp_path, "t/train.jsonl", "t/dev.jsonl")
    assert list(find_task_files(tmp_path, "validation")) == ["dev"]
    assert find_task_files(tmp_path, "test") == {}
    with pytest.raises(ValueError, match="E115"):
        find_task_files(tmp_path, "eval")


def test_other_files_are_ignored(tmp_path):
    make(tmp_path, "t/train.jsonl", "README.md", "generate.py", ".t.dev.jsonl", "t/foo.jsonl")
    make(tmp_path, "t/train.json", "t/sub/train.jsonl", ".cache/train.jsonl", "vocab.csv")
    assert names(find_task_files(tmp_path), tmp_path) == {"train": {"t": "t/train.jsonl"}}


def test_unsplit_files_are_found_on_demand(tmp_path):
    make(tmp_path, "a.jsonl", "b/all.csv", "c.all.tsv", "d/train.jsonl")
    assert names(find_task_files(tmp_path, unsplit=True), tmp_path) == {
        "train": {"d": "d/train.jsonl"},
        "all": {"a": "a.jsonl", "b": "b/all.csv", "c": "c.all.tsv"},
    }


@pytest.mark.parametrize(
    "first,second",
    [
        ("t/train.jsonl", "t/train.csv"),
        ("t/train.jsonl", "t/train.jsonl.gz"),
        ("t.train.jsonl", "t/train.jsonl"),
        ("t/train.jsonl", "train/t.spacy"),
    ],
)
def test_two_files_for_one_task_and_split(tmp_path, first, second):
    make(tmp_path, first, second)
    with pytest.raises(ValueError, match="E114") as err:
        find_task_files(tmp_path)
    assert str(tmp_path / first) in str(err.value) and str(tmp_path / second) in str(err.value)


def test_two_names_of_dev_clash(tmp_path):
    with pytest.raises(ValueError, match="E114"):
        find_task_files(make(tmp_path, "t/dev.jsonl", "t/val.jsonl"))


@pytest.mark.parametrize("name", ["a b/train.jsonl", "2nd.train.jsonl", "train/a.b.jsonl"])
def test_invalid_task_name_names_the_file(tmp_path, name):
    make(tmp_path, name, "good/train.jsonl")
    with pytest.raises(ValueError, match="E120") as err:
        find_task_files(tmp_path)
    assert str(tmp_path / name) in str(err.value)


def test_no_data_shows_the_layouts(tmp_path):
    with pytest.raises(ValueError, match="E113") as err:
        find_task_files(make(tmp_path, "README.md"))
    assert "<folder>/<task>/train.jsonl" in str(err.value)


def test_the_folder_of_one_task_gets_a_hint(tmp_path):
    with pytest.raises(ValueError, match="without a task in their name"):
        find_task_files(make(tmp_path, "train.jsonl", "dev.jsonl"))


def test_missing_folder_and_file_instead_of_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="E111"):
        find_task_files(tmp_path / "missing")
    with pytest.raises(ValueError, match="E112"):
        find_task_files(make(tmp_path, "a.jsonl") / "a.jsonl")


def test_resolve_folder(tmp_path):
    make(tmp_path, "a/train.jsonl", "b/train.jsonl", "c/dev.jsonl")
    files, known = resolve_files(tmp_path, split="train")
    assert list(files) == ["a", "b"] and known == ("a", "b", "c")
    files, _ = resolve_files(str(tmp_path), split="train", tasks=["b"])
    assert files == {"b": tmp_path / "b" / "train.jsonl"}


@pytest.mark.parametrize("split", [None, "train"])
def test_resolve_the_folder_of_one_split(tmp_path, split):
    make(tmp_path, "train/a.spacy", "train/b.spacy")
    files, known = resolve_files(tmp_path / "train", split=split)
    assert list(files) == ["a", "b"] and known == ("a", "b")


def test_files_without_split_are_not_read_as_a_split(tmp_path):
    with pytest.raises(ValueError, match="E113"):
        resolve_files(make(tmp_path, "a.jsonl"), split="dev")


def test_resolve_without_split_asks_for_one(tmp_path):
    make(tmp_path, "a/train.jsonl", "a/dev.jsonl")
    with pytest.raises(ValueError, match=r"E116.*Splits found: train, dev"):
        resolve_files(tmp_path)


def test_resolve_missing_split(tmp_path):
    make(tmp_path, "a/train.jsonl")
    with pytest.raises(ValueError, match="E116"):
        resolve_files(tmp_path, split="test")


def test_resolve_unknown_task(tmp_path):
    make(tmp_path, "a/train.csv")
    with pytest.raises(ValueError, match=r"E117.*b.*Tasks found: a"):
        resolve_files(tmp_path, split="train", tasks=["a", "b"])


def test_resolve_mapping_of_files_and_folders(tmp_path):
    make(tmp_path, "x.csv", "raw/dev.jsonl")
    paths = {"b": str(tmp_path / "raw"), "a": tmp_path / "x.csv"}
    files, known = resolve_files(paths, split="dev")
    assert files == {"a": tmp_path / "x.csv", "b": tmp_path / "raw" / "dev.jsonl"}
    assert known == ("a", "b")


def test_mapped_folder_without_the_split(tmp_path):
    make(tmp_path, "raw/train.jsonl")
    with pytest.raises(ValueError, match="E116"):
        resolve_files({"a": tmp_path / "raw"}, split="dev")


def test_slash_in_a_task_name(tmp_path):
    make(tmp_path, "x.csv")
    with pytest.raises(ValueError, match=r"E001.*'a/b'"):
        resolve_files({"a/b": tmp_path / "x.csv"})
    with pytest.raises(ValueError, match=r"E001.*'a/b'"):
        resolve_files(make(tmp_path, "a/train.jsonl"), split="train", tasks=["a/b"])


@pytest.mark.parametrize("path,tasks", [({}, None), ({"a": "x.csv"}, [])])
def test_no_task_to_read(path, tasks):
    with pytest.raises(ValueError, match="E117"):
        resolve_files(path, tasks=tasks)
