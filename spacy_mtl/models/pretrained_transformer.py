"""Weights, pieces and sizes of a trained transformer, from a folder or the Hugging Face Hub."""

import json
from pathlib import Path
from typing import Any

from thinc.api import Model, get_torch_default_device

from ..argument_types import checked_types
from ..errors import Errors
from .transformer import KINDS, import_transformers

#: Files with the weights, the first that is found is taken.
WEIGHTS = ("model.safetensors", "pytorch_model.bin")
#: How the settings of `TransformerTok2Vec.v1` are called in config.json.
SIZES = {
    "width": "hidden_size",
    "depth": "num_hidden_layers",
    "n_heads": "num_attention_heads",
    "inner_width": "intermediate_size",
    "vocab_size": "vocab_size",
}
#: Where config.json calls a kind differently.
MODEL_TYPES = {"xlm-roberta": "xlmr"}


class PretrainedTransformer:
    """Fills a transformer when its component is initialized. A saved pipeline holds all of it, so that
    the files are not needed again.
    """

    def __init__(self, name: str, *, revision: str | None = None, weights: bool = True) -> None:
        """Keep the settings, see `create_pretrained_transformer_v1`."""
        self.name = name
        self.revision = revision
        self.weights = weights

    def __call__(self, model: Model) -> None:
        """Load pieces and weights.

        model (Model): A model from `TransformerTok2Vec.v1`.
        RAISES (ValueError): If it is no such model, or a file is missing or does not fit.
        """
        if not model.has_ref("piece_encoder"):
            raise ValueError(Errors.E496.format(found=model.name))
        self._load_pieces(model)
        if self.weights:
            self._load_weights(model.get_ref("transformer"))

    def _load_pieces(self, model: Model) -> None:
        tokenization = import_transformers("spacy_curated_transformers.tokenization")
        kind, pieces = model.attrs["kind"], model.get_ref("piece_encoder")
        if kind == "bert":
            options = _read_casing(self.name, self.revision)
            path = find_file(self.name, "vocab.txt", revision=self.revision)
            tokenization.build_wordpiece_encoder_loader_v1(path=path, **options)(pieces)
        elif kind == "roberta":
            vocab = find_file(self.name, "vocab.json", revision=self.revision)
            merges = find_file(self.name, "merges.txt", revision=self.revision)
            load = tokenization.build_byte_bpe_encoder_loader_v1
            load(vocab_path=vocab, merges_path=merges)(pieces)
        else:
            path = find_file(self.name, "sentencepiece.bpe.model", revision=self.revision)
            load = tokenization.build_sentencepiece_encoder_loader_v1
            load(path=path)(pieces.get_ref("encoder"))

    def _load_weights(self, transformer: Model) -> None:
        torch = import_transformers("torch")
        convert = import_transformers("curated_transformers.models.hf_util")
        path = find_file(self.name, *WEIGHTS, revision=self.revision)
        if path.suffix == ".safetensors":
            state = import_transformers("safetensors.torch").load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
        module = transformer.shims[0]._model
        try:
            module.load_state_dict(convert.convert_pretrained_model_for_encoder(module, state))
        except (KeyError, RuntimeError) as error:
            reason = " ".join(line.strip() for line in str(error).splitlines()[:2])
            raise ValueError(Errors.E499.format(path=path, reason=reason)) from error
        module.to(get_torch_default_device())


@checked_types("spacy_mtl.PretrainedTransformer.v1")
def create_pretrained_transformer_v1(
    *, name: str, revision: str | None = None, weights: bool = True
) -> PretrainedTransformer:
    """Create a loader for the encoder's `loader` in [initialize.components.tok2vec].

    name (str): A folder with a model as Hugging Face's libraries save it, or the name of one on the Hub.
    revision (Optional[str]): Its version on the Hub. Defaults to the latest.
    weights (bool): Load the weights. If not, only the pieces are loaded, and the transformer is trained
        from scratch.
    RETURNS (PretrainedTransformer): The loader.
    """
    return PretrainedTransformer(name, revision=revision, weights=weights)


def read_sizes(name: str) -> dict[str, Any]:
    """Read how large a trained transformer is.

    name (str): A folder or the name of a model on the Hub, see `create_pretrained_transformer_v1`.
    RETURNS (Dict[str, Any]): Settings of `TransformerTok2Vec.v1`.
    RAISES (ValueError): If it cannot be found, or is of a kind that is not supported.
    """
    config = json.loads(find_file(name, "config.json").read_text("utf8"))
    found = config.get("model_type")
    kind = MODEL_TYPES.get(found, found)
    if kind not in KINDS:
        raise ValueError(Errors.E493.format(kind=found, kinds=", ".join(KINDS)))
    return {"kind": kind, **{key: config[theirs] for key, theirs in SIZES.items()}}


def find_file(name: str, *candidates: str, revision: str | None = None) -> Path:
    """Find a file of a trained transformer, and download it if it is on the Hub.

    name (str): The folder, or the name on the Hub.
    *candidates (str): Names of the file. The first that is found is taken.
    revision (Optional[str]): The version on the Hub.
    RETURNS (Path): The file.
    RAISES (ValueError): If there is none of them.
    """
    if Path(name).is_dir():
        paths = [Path(name) / candidate for candidate in candidates]
        reasons = [f"the folder has no file {' or '.join(candidates)}"]
    else:
        hub = import_transformers("huggingface_hub")
        paths, reasons = [], []
        for candidate in candidates:
            try:
                paths.append(Path(hub.hf_hub_download(name, candidate, revision=revision)))
                break
            # What is raised without a network depends on the version of the library.
            except Exception as error:
                reasons.append(f"{candidate}: {error}")
    for path in paths:
        if path.is_file():
            return path
    raise ValueError(Errors.E498.format(name=name, reason="; ".join(reasons)))


def _read_casing(name: str, revision: str | None) -> dict[str, bool]:
    try:
        path = find_file(name, "tokenizer_config.json", revision=revision)
    except ValueError:
        # Older models come without this file, and are then uncased.
        settings = {}
    else:
        settings = json.loads(path.read_text("utf8"))
    lowercase = settings.get("do_lower_case", True)
    accents = settings.get("strip_accents")
    return {"lowercase": lowercase, "strip_accents": lowercase if accents is None else accents}
