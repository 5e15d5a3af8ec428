"""Turn data files of any accepted format into .spacy files, and split what is not split yet."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from spacy.language import Language
from spacy.tokens import DocBin

from ..errors import Errors
from ..languages import find_language
from ..staging import StagedFiles
from ..types import Cats
from ..util import listing, split_key
from .files import SPLITS, UNSPLIT, check_folder, find_task_files
from .formats import ReadStats, check_on_error, file_extension, file_format, read_records
from .rows import Record, fill_labels
from .scan import scan_file
from .splitting import LinkedTexts, Shares, Trait, assign_splits, parse_shares, remaining_shares
from .texts import text_digest

_NO_LIMIT = 2**62


@dataclass
class ConvertedFile:
    """A file that was written.

    task (str): Its task.
    split (str): Its split.
    source (Path): The file it was made from.
    path (Path): The file.
    rows (int): Number of docs.
    """

    task: str
    split: str
    source: Path
    path: Path
    rows: int


@dataclass
class ConvertReport:
    """What a conversion did.

    files (List[ConvertedFile]): The files that were written.
    sources (Dict[Path, ReadStats]): What was met in each file that was read.
    """

    files: list[ConvertedFile] = field(default_factory=list)
    sources: dict[Path, ReadStats] = field(default_factory=dict)


def convert_folder(
    input_path: str | Path,
    output_path: str | Path,
    *,
    tasks: Collection[str] | None = None,
    split: str | Sequence[float] | None = None,
    stratified: bool = True,
    seed: int = 0,
    on_error: str = "raise",
    overwrite: bool = False,
    lang: str = "en",
) -> ConvertReport:
    """Convert the data files of a folder to ``<output>/<split>/<task>.spacy``.

    Files appear in the output all at once, when everything has been converted; after an error or
    an interruption nothing has changed.

    input_path (Union[str, Path]): The folder, see `find_task_files`.
    output_path (Union[str, Path]): The folder to write to.
    tasks (Optional[Collection[str]]): The tasks to convert. None for all.
    split (Union[str, Sequence[float], None]): Shares of train, dev and test. Divides files without
        a split, and takes missing dev and test texts from train. Equal texts get the same split,
        also in different tasks, and so do pairs that have a text in common.
    stratified (bool): Whether each split gets the same share of every label.
    seed (int): Seed of the split.
    on_error (str): What to do with bad rows: "raise" or "skip".
    overwrite (bool): Whether to replace existing files.
    lang (str): Language of the tokenizer.
    RETURNS (ConvertReport): What was read and written.
    RAISES (ValueError): If the input cannot be read or split, the language is unknown, or files exist.
    """
    nlp = find_language(lang)()
    shares = None if split is None else parse_shares(split)
    root, output = check_folder(input_path), Path(output_path)
    if root.resolve() in (output.resolve(), *output.resolve().parents):
        raise ValueError(Errors.E134.format(output=output, name=root.resolve().name))
    source = _Source(root, tasks, on_error)
    plan = _plan(source, shares)
    targets = {
        (part, task): output / part / f"{task}.spacy"
        for task, files in source.files.items()
        for name in files
        for part in _parts(plan, task, name)
    }
    existing = sorted(path for path in targets.values() if path.exists())
    if existing and not overwrite:
        raise FileExistsError(Errors.E130.format(paths=listing(existing)))
    assigned = _assign(source, plan, stratified, seed)
    nlp.max_length = _NO_LIMIT
    report = ConvertReport()
    with StagedFiles(output) as staged:
        for task, files in source.files.items():
            for name, path in files.items():
                stats = report.sources.setdefault(path, ReadStats())
                parts = _parts(plan, task, name)
                doc_bins = _convert_file(source, nlp, task, path, parts, assigned, stats)
                for part, doc_bin in doc_bins.items():
                    target = targets[part, task]
                    staged.write(target, doc_bin.to_bytes())
                    report.files.append(ConvertedFile(task, part, path, target, len(doc_bin)))
    return report


class _Source:
    """The files to convert, and how to read them."""

    def __init__(self, root: Path, tasks: Collection[str] | None, on_error: str) -> None:
        check_on_error(on_error)
        self.tasks = tasks
        self.on_error = on_error
        found = find_task_files(root, unsplit=True)
        self.known = sorted({task for files in found.values() for task in files})
        missing = sorted(set(tasks or ()) - set(self.known))
        if missing:
            raise ValueError(
                Errors.E117.format(
                    missing=listing(missing), path=root, split="any", found=listing(self.known)
                )
            )
        #: Files by task, then by split.
        self.files = {
            task: {split: files[task] for split, files in found.items() if task in files}
            for task in self.known
            if tasks is None or task in tasks
        }
        for task, files in self.files.items():
            if UNSPLIT in files and len(files) > 1:
                splits = listing(split for split in files if split != UNSPLIT)
                raise ValueError(Errors.E136.format(task=task, path=files[UNSPLIT], splits=splits))

    def labels(self, task: str) -> list[str]:
        """All labels of a task, in any of its files."""
        labels: set[str] = set()
        for path in self.files[task].values():
            scan = scan_file(path, task, known_tasks=self.known, on_error=self.on_error)
            if not any(scan.labels.values()) and not scan.pairs:
                raise ValueError(Errors.E119.format(path=path, task=task))
            labels.update(scan.labels_of())
        return sorted(labels)

    def read(
        self, task: str, path: Path, *, nlp: Language | None = None, stats: ReadStats | None = None
    ) -> Iterator[tuple[Record, Cats]]:
        """Rows of a file, with the values of the tasks that are converted."""
        labels = self.labels(task)
        rows = read_records(
            path,
            task,
            known_tasks=self.known,
            on_error=self.on_error,
            stats=stats or ReadStats(),
            vocab=nlp.vocab if nlp is not None else None,
        )
        for record in rows:
            if cats := self.cats(record, task, labels):
                yield record, cats

    def cats(self, record: Record, task: str, labels: Sequence[str] = ()) -> Cats:
        """Values of a row for the tasks that are converted."""
        cats = fill_labels(record, task, labels)
        if self.tasks is None:
            return cats
        return {key: value for key, value in cats.items() if self._chosen(key)}

    def _chosen(self, key: str) -> bool:
        parts = split_key(key)
        return parts is not None and (self.tasks is None or parts[0] in self.tasks)


def _plan(source: _Source, shares: Shares | None) -> dict[str, dict[str, float]]:
    # For each task that is split: the shares of the parts.
    plan = {}
    for task, files in source.files.items():
        if UNSPLIT in files and shares is None:
            path = files[UNSPLIT]
            extension = file_extension(path)
            raise ValueError(Errors.E132.format(task=task, path=path, extension=extension))
        if shares is not None and ("train" in files or UNSPLIT in files):
            parts = remaining_shares(shares, set(files) - {"train"})
            if len(parts) > 1 or UNSPLIT in files:
                plan[task] = parts
    return plan


def _parts(plan: Mapping[str, Shares], task: str, split: str) -> list[str]:
    return list(plan[task]) if task in plan and split in ("train", UNSPLIT) else [split]


def _assign(
    source: _Source, plan: Mapping[str, Shares], stratified: bool, seed: int
) -> dict[int, str]:
    # The split of each text of the files that are split.
    if not plan:
        return {}
    rows: dict[int, dict[Trait, int]] = {}
    fixed: dict[int, str] = {}
    linked = LinkedTexts()
    for task, files in source.files.items():
        for split, path in files.items():
            is_split = _parts(plan, task, split) != [split]
            for record, cats in source.read(task, path):
                digests = [text_digest(side.text) for side in record.sides]
                if not is_split:
                    for digest in digests:
                        fixed.setdefault(digest, split)
                    continue
                linked.link(digests)
                traits = rows.setdefault(digests[0], {})
                traced = cats.items() if stratified and record.other is None else ()
                applying = [key for key, value in traced if value > 0]
                for trait in ((task,), *((task, key) for key in applying)):
                    traits[trait] = traits.get(trait, 0) + 1
    groups: dict[int, dict[Trait, int]] = {}
    for digest, own in rows.items():
        traits = groups.setdefault(linked.find(digest), {})
        for trait, count in own.items():
            traits[trait] = traits.get(trait, 0) + count
    held: dict[int, str] = {}
    for digest, split in fixed.items():
        held.setdefault(linked.find(digest), split)
    assigned = assign_splits(groups, plan, fixed=held, seed=seed)
    for task, shares in plan.items():
        texts = [digest for digest, traits in groups.items() if (task,) in traits]
        used = {assigned[digest] for digest in texts}
        for split in SPLITS:
            if split in shares and split not in used:
                files = source.files[task]
                raise ValueError(
                    Errors.E133.format(
                        path=files.get(UNSPLIT, files.get("train")),
                        task=task,
                        texts=len(texts),
                        split=split,
                        share=shares[split],
                    )
                )
    return {digest: assigned[linked.find(digest)] for digest in rows}


def _convert_file(
    source: _Source,
    nlp: Language,
    task: str,
    path: Path,
    parts: Sequence[str],
    assigned: Mapping[int, str],
    stats: ReadStats,
) -> dict[str, DocBin]:
    is_doc_bin = file_format(path) == "spacy"
    doc_bins = {
        # Texts need no more than words and spaces; docs keep whatever they are annotated with.
        part: DocBin(store_user_data=True) if is_doc_bin else DocBin(attrs=["ORTH", "SPACY"])
        for part in parts
    }
    for record, cats in source.read(task, path, nlp=nlp, stats=stats):
        part = parts[0] if len(parts) == 1 else assigned[text_digest(record.text)]
        for side in record.sides:
            doc = nlp.make_doc(side.text) if side.doc is None else side.doc
            # A text may be annotated for other tasks than the text that it is paired with.
            doc.cats = dict(cats if side is record else source.cats(side, task))
            doc_bins[part].add(doc)
    return doc_bins
