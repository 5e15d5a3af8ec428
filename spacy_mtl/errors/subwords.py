"""Texts of errors of the subword tokenizer."""


class SubwordErrors:
    """E51: subwords."""

    E510 = (
        "[E510] Subwords are trained and found by the package tokenizers, which cannot be imported "
        '({reason}). Install it with: pip install "spacy-mtl[subword]"'
    )
    E511 = (
        "[E511] Tokenizer 'spacy_mtl.SubwordTokenizer.v1': {source} does not hold subwords: {reason}. "
        "Expected a file written by: python -m spacy mtl subwords RAW.jsonl OUT.json"
    )
    E512 = (
        "[E512] Tokenizer 'spacy_mtl.SubwordTokenizer.v1' has no subwords yet: path = {path!r} in "
        "[nlp.tokenizer] is not a file. Correct it, or make the file with: python -m spacy mtl "
        "subwords RAW.jsonl OUT.json"
    )
    E513 = (
        "[E513] Subwords: the file {path} already exists. Choose another name, or allow overwriting "
        "with --force (overwrite=True)."
    )
    E514 = "[E514] Subwords: there is no text in {path}. Add texts, or name another file."
    E515 = (
        "[E515] Subwords: invalid value {value!r} for '{name}': it has to be {least} or more. Correct "
        "the option --{option}."
    )
    E516 = (
        "[E516] Cannot find the subwords {path}. Make the file with: python -m spacy mtl subwords "
        "RAW.jsonl OUT.json"
    )
    E517 = (
        "[E517] Subwords: the output {path} is the file with the texts. Choose another name for the "
        "subwords."
    )
