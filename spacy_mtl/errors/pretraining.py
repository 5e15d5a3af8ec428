"""Texts of errors in pretraining."""


class PretrainingErrors:
    """E26 and E27: pretraining."""

    E260 = (
        "[E260] Cannot find the weights {path!r} (init_tok2vec of [pretraining.objective]). Correct the path, "
        "run the earlier pretraining first, or set init_tok2vec = null."
    )
    E261 = (
        "[E261] The file {path!r} holds no weights of an encoder: {reason}. A file that `spacy pretrain` or "
        "`spacy mtl pretrain` writes is needed, e.g. model-last.bin."
    )
    E262 = (
        "[E262] The weights in {path!r} (init_tok2vec of [pretraining.objective]) do not fit the encoder of the "
        "config: {what}. Use the same settings of the encoder as in the earlier pretraining."
    )
    E263 = (
        "[E263] The config has no [pretraining] block, so that there is nothing to do. Add one with: python -m "
        "spacy init fill-config CONFIG NEW_CONFIG --pretraining"
    )
    E264 = "[E264] Cannot read the raw text {path} ({setting}): {reason}."
    E265 = (
        '[E265] {path}, line {line}: a JSON object with a text is needed, as {{"text": "..."}}, but {reason}. '
        "Correct the line ({setting})."
    )
    E266 = "[E266] The raw text {path} is empty ({setting}): no line holds a text. Add texts to learn from."
    E267 = (
        "[E267] Pretraining diverged in epoch {epoch}, batch {batch}: {what}. Lower the learning rate or clip "
        "gradients more strictly (learn_rate and grad_clip of [pretraining.optimizer]), check the word vectors, "
        "and start again with --force. Weights saved before are unchanged."
    )
    E268 = "[E268] Cannot write to the output folder {path}: {reason}. Free disk space or choose another."
    E269 = (
        "[E269] The folder {path} holds an unfinished run (epoch {epoch}, {words:,} words). Go on with --resume, "
        "or start anew and overwrite it with --force."
    )
    E270 = (
        "[E270] The run in {path} cannot be resumed, because settings that change its result differ:\n{listed}\n"
        "Restore them, or start anew with --force."
    )
    E271 = "[E271] The folder {path} holds no run to resume. Leave out --resume to start one, or correct the path."
    E272 = (
        "[E272] The checkpoint {path} cannot be used: {reason}. Start anew with --force, or go on from saved "
        "weights with init_tok2vec of [pretraining.objective]."
    )
    E273 = (
        "[E273] The run in {path} cannot be resumed: the first {batches:,} batches of this epoch are not those that "
        "it has learned from. Restore the raw text and the tokenizer, or start anew with --force."
    )
    E274 = "[E274] Setting {name} of 'spacy_mtl.PretrainMonitor.v1' is {value}: it has to be {expected}."
    E275 = (
        "[E275] probe_path of 'spacy_mtl.PretrainMonitor.v1' needs scikit-learn. Run: pip install "
        '"spacy-mtl[sklearn]"'
    )
    E276 = "[E276] The labelled file {path} cannot serve as probe_path of 'spacy_mtl.PretrainMonitor.v1': {reason}."
    E277 = (
        "[E277] The corpus {corpus!r} yields no token: nothing to learn from. Add texts, or correct min_length "
        "and max_length of its reader."
    )
    E278 = (
        "[E278] The learning rate is 0 in all of pretraining, which takes the first value of a schedule and never "
        "moves on. Set a number as learn_rate of [pretraining.optimizer], e.g. 0.001."
    )
    E279 = (
        "[E279] The config lacks {name}, which pretraining needs. Add what is missing with: python -m spacy init "
        "fill-config CONFIG NEW_CONFIG --pretraining"
    )
