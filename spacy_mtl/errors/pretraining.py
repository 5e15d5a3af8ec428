"""Texts of errors in pretraining."""


class PretrainingErrors:
    """E26, E27 and E36: pretraining, and the use of its model."""

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
        "[E267] Pretraining diverged in epoch {epoch}, batch {batch}{texts}: {what}. Lower the learning rate or clip "
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
        "[E272] The checkpoint {path} cannot be used: {reason}. Start anew with --force, or from weights that were "
        "saved (init_tok2vec of [initialize] or of [pretraining.objective], source of a component)."
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
    E360 = (
        "[E360] The folder {path} holds no pretraining: there is no {name}. Give the output folder of: python -m "
        "spacy mtl pretrain CONFIG OUTPUT"
    )
    E361 = (
        "[E361] The folder {path} has no checkpoint ({name}). Files of weights hold the encoder only, and words "
        "are predicted by the objective's head: pretrain with `python -m spacy mtl pretrain`, which keeps both."
    )
    E362 = (
        "[E362] The checkpoint {path} does not fit the {name} beside it: {reason}. Restore the config and the "
        "word vectors of the run."
    )
    E363 = (
        "[E363] The run in {path} has the objective {name!r}, which predicts no words among which to search. "
        'Pretrain with @architectures = "spacy_mtl.LMAO.v1" in [pretraining.objective].'
    )
    E364 = (
        "[E364] The run in {path} does not predict words: target of [pretraining.objective] is {found}. Pretrain "
        'with "word" among the targets.'
    )
    E365 = "[E365] Nothing to find in the text {text!r}: no word is hidden. Write {mask} in the place of a word."
    E366 = (
        "[E366] Cannot find the word vectors {source!r} (vectors of [initialize] in the run's {name}): neither an "
        "installed package nor a folder. Restore them, or run the command where relative paths are right."
    )
    E367 = (
        "[E367] Vectors of floret have no words of their own, so that the words of [{name}] are counted, but this "
        "text cannot be used: {reason} Restore the file that pretraining has read."
    )
    E368 = (
        "[E368] The word vectors of the run in {path} know the letters of none of their words, so that none can be "
        "found. Use a pipeline that `python -m spacy init vectors` or `python -m spacy mtl vectors` has written."
    )
    E369 = (
        "[E369] The encoder of the run in {path}, '{name}', has no layer that can hide a word. Pretrain with "
        '@architectures = "spacy_mtl.HashEmbedCNN.v1".'
    )
