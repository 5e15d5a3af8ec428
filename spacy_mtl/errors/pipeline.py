"""Texts of errors in models and components."""


class PipelineErrors:
    """E2: models and components."""

    E201 = (
        "[E201] Invalid value {value!r} for '{name}' of the model: a whole number of at least {lowest} is "
        "needed. Correct it in the component's [model] block."
    )
    E202 = (
        "[E202] Invalid value {value!r} for '{name}': a probability of at least 0 and below 1 is "
        "needed, e.g. 0.2. Correct it in the config."
    )
    E203 = (
        "[E203] A listener to the encoder '{upstream}' expects token vectors of width {expected}, "
        "but found width {found} in doc.tensor. Set the listener's 'width' to the encoder's."
    )
    E204 = (
        "[E204] A listener to the encoder '{upstream}' found no token vectors: the encoder was not "
        "updated with this batch and did not annotate it. If the encoder is frozen, list it under "
        "'annotating_components' in [training]; in an own loop pass nlp.update(annotates=[...])."
    )
    E205 = (
        "[E205] Invalid pooling {found!r}: list one or more of {known}, each once, e.g. "
        'pooling = ["mean", "max"].'
    )
    E206 = (
        "[E206] ngram_width = {ngram_width} of the encoder has to be smaller than its width = {width}: "
        "the window layers fill the rest. Correct it in [components.tok2vec.model]."
    )
    E210 = (
        "[E210] Component '{name}': its model listens to the encoder '{upstream}', but the pipeline "
        "holds no such component before it. Pipeline: {pipeline}. Add 'multitask_tok2vec' under this "
        "name before '{name}', or correct 'upstream' in [components.{name}.model.tok2vec]."
    )
    E211 = (
        "[E211] Component '{name}': its listener expects vectors of width {found}, but the encoder "
        "'{upstream}' puts out width {expected}. Set width = {expected} in "
        "[components.{name}.model.tok2vec] (or ${{components.{upstream}.model.width}})."
    )
    E212 = (
        "[E212] Component '{name}' is listed in 'frozen_components', but it has not been trained: "
        "frozen components are not initialized. Source it from a trained pipeline "
        "([components.{name}] source = ...), load a saved encoder ([initialize.before_init] @callbacks = "
        "'spacy_mtl.load_encoder.v1'), or take it out of 'frozen_components'."
    )
    E213 = (
        "[E213] The encoder '{name}' is frozen and '{listener}' is not, but '{name}' is not listed in "
        "'annotating_components' under [training], so that '{listener}' would get no vectors in "
        'training. Set annotating_components = ["{name}"].'
    )
    E214 = (
        "[E214] [initialize] init_tok2vec = {path!r} has no effect, because the config has no "
        "[pretraining] block. Add the block (spacy init fill-config --pretraining) or set "
        "init_tok2vec = null."
    )
    E215 = (
        "[E215] The weights in {path!r} do not fit the encoder '{name}': {what}. Use the same "
        "[components.{name}.model] settings as in pretraining."
    )
    E216 = (
        "[E216] The callback of a listener to the encoder '{name}' was called after the encoder had "
        "finished the batch, so its gradient would be lost. Call finish_update after the update of "
        "all components (sgd=False in an own loop)."
    )
    E217 = (
        "[E217] Invalid dropout {value!r} for component '{name}': a probability of at least 0 and "
        "below 1 is needed. Correct 'dropout' under [training] in the config."
    )
    E220 = (
        "[E220] Component '{name}': the training data has no document that is annotated for the task "
        "'{task}'. Tasks in the data: {found}. Correct the name of the task or add its data."
    )
    E221 = (
        "[E221] Component '{name}', task '{task}': {kind} needs at least {lowest} labels, but found "
        "{labels}. Add rows with another label, or remove the task."
    )
    E222 = (
        "[E222] Component '{name}', task '{task}': exactly one label of a document has to be true, but "
        "found {cats} for the text {text!r} ({count} such documents). Correct the rows, or set "
        "multi_label = true."
    )
    E223 = (
        "[E223] Component '{name}', task '{task}': the data has the labels {unknown}, which are not "
        "among the component's labels: {labels}. Correct the data, or add them under "
        "[initialize.components.{name}] labels."
    )
    E224 = (
        "[E224] Component '{name}', task '{task}': the value {value!r} of label '{label}' for the text "
        "{text!r} is not between 0 and 1. Correct the row."
    )
    E225 = (
        "[E225] Component '{name}': invalid value {value!r} for '{setting}': it has to be {expected}. "
        "Correct it in [components.{name}]."
    )
    E226 = (
        "[E226] Component '{name}': class_weights name labels that the task '{task}' does not have: "
        "{unknown}. Its labels: {labels}."
    )
    E227 = (
        "[E227] Component '{name}': multi_label = {multi_label} does not go with exclusive_classes = "
        "{exclusive} in [components.{name}.model]. One has to be the opposite of the other."
    )
    E228 = (
        "[E228] Components '{name}' and '{other}' have the same task '{task}': they would overwrite "
        "each other's doc.cats. Give one of them another 'task'."
    )
    E229 = (
        "[E229] Component '{name}', task '{task}': the loss is {loss} in {batch}. The model has diverged: lower "
        "the learning rate or loss_weight, and check the weights or vectors that it started from. Nothing has been "
        "learned from this batch."
    )
    E230 = "[E230] Component '{name}': a label has to be a non-empty string of valid Unicode, but found {label!r}."
    E231 = (
        "[E231] Component '{name}' cannot be saved to {path}: {reason}. What was saved there before is "
        "unchanged. Free disk space or choose another output folder."
    )
    E232 = (
        "[E232] Component '{name}': labels were not set. Call initialize, add_label or load a trained "
        "component first."
    )
    E233 = (
        "[E233] Component '{name}', task '{task}': {path}, row {line} of the evaluation data has the "
        "label '{label}', which is not among the component's labels: {labels}. Correct the row, or add "
        "the label to the training data and under [initialize.components.{name}] labels."
    )
    E240 = "[E240] Environment variable {variable} is {value!r}: it has to be 'auto', 'numpy' or 'numba'."
    E241 = (
        "[E241] The compiled loops were asked for ({variable} = numba), but numba is not installed. "
        'Run: pip install "spacy-mtl[fast]"'
    )
    E242 = "[E242] Environment variable {variable} is {value!r}: it has to be 'auto', 'numpy' or 'thinc'."
    E243 = (
        "[E243] Environment variable {variable} is {value!r}: it has to be a number of threads, or 0 for "
        "as many as NumPy's BLAS has anyway."
    )
    E246 = (
        "[E246] Nearest vectors: an array of shape {expected} with finite values is needed, but found "
        "{found}. Check the vectors and the queries: both need the same width."
    )
    E247 = (
        "[E247] Nearest vectors: exact = False needs the package faiss, which is not installed. Run: "
        'pip install "spacy-mtl[lmfao]"'
    )
    E248 = (
        "[E248] The vocabulary has no word vectors. Load some with [initialize] vectors in the config, "
        "or train them: python -m spacy mtl vectors RAW.jsonl OUT_DIR"
    )
    E249 = (
        "[E249] Vectors of the mode '{mode}' have no words of their own. Pass the words that are wanted, "
        "e.g. the most frequent ones of the raw text, or use vectors of the mode 'default'."
    )
    E250 = (
        "[E250] Objective 'spacy_mtl.LMAO.v1' cannot mask tokens in the encoder '{name}': it has no layer "
        'that takes a masking. Use @architectures = "spacy_mtl.HashEmbedCNN.v1", or set mask_prob = 0.'
    )
    E251 = (
        "[E251] Objective 'spacy_mtl.LMAO.v1' has no word vectors to predict. Set vectors in "
        "[initialize] or in [pretraining.objective] to a pipeline that has some. To train them on your "
        "own text: python -m spacy mtl vectors RAW.jsonl OUTPUT"
    )
    E252 = (
        "[E252] Objective 'spacy_mtl.LMAO.v1': all {n} word vectors of width {width} are zeros, so there "
        "is nothing to learn. Train or convert them anew."
    )
    E253 = "[E253] Setting {name} is {value}: it has to be {expected}."
    E254 = (
        "[E254] Objective 'spacy_mtl.LMAO.v1': target = \"head\" needs documents with a parse, but this one "
        "has none: {text!r}. Parse the texts with a pipeline that has a parser and save them as .spacy, "
        "or choose another target."
    )
    E255 = (
        "[E255] Cannot load word vectors from {source!r}: {reason} It has to be the folder of a pipeline, "
        "as `python -m spacy init vectors` or `python -m spacy mtl vectors` writes it, or the name of an "
        "installed one."
    )
    E256 = (
        "[E256] The pipeline {source!r} has no word vectors. Make some with `python -m spacy init vectors` "
        "or `python -m spacy mtl vectors`."
    )
    E257 = (
        "[E257] The encoder was made for word vectors of width {expected}, but those of the vocabulary have "
        "width {found}. Set [paths] vectors to the pipeline whose vectors it was trained with."
    )
    E258 = (
        "[E258] The encoder has pretrained_vectors = true, but the vocabulary has no word vectors. Set [paths] "
        "vectors to a pipeline that has some, or set pretrained_vectors = false."
    )
    E259 = (
        "[E259] None of the first {n} words of the raw text has a word vector, so there is nothing to predict. "
        "Among them: {words}. Are the vectors of another language, or of words in lower case only? Train some "
        "on this text: python -m spacy mtl vectors RAW.jsonl OUTPUT"
    )
    E280 = (
        "[E280] Component '{name}' has no word vectors to predict. Set vectors in [components.{name}] to a "
        "pipeline that has some. To train them on your own text: python -m spacy mtl vectors RAW.jsonl "
        "OUTPUT"
    )
    E281 = (
        "[E281] Component '{name}' cannot be trained without the word vectors that it learns to predict, "
        "which are not part of a saved pipeline: {reason} Set vectors in [components.{name}], or remove "
        'the component: nlp.remove_pipe("{name}").'
    )
    E282 = (
        "[E282] Component '{name}' cannot mask tokens in the encoder '{upstream}'. Use the factory "
        "'multitask_tok2vec' with @architectures = \"spacy_mtl.HashEmbedCNN.v1\", or set mask_prob = 0 in "
        "[components.{name}]."
    )
    E283 = (
        "[E283] Component '{name}' was made to predict vectors of width {expected}, but its word vectors "
        "have width {found}. Set vectors in [components.{name}] to the pipeline that it was trained with."
    )
    E284 = (
        "[E284] Component '{name}': the training data has no raw text for the task '{task}'. Tasks in the "
        "data: {found}. Set raw (and raw_task, if it is not 'lmao') of the reader in [corpora.train]."
    )
    E285 = "[E285] Component '{name}' learns from raw text and has no labels. It cannot take {label!r}."
    E286 = (
        "[E286] Setting max_run of tokenizer 'spacy_mtl.Tokenizer.v2' is {value}: a number of characters of at least 1 is "
        "needed, e.g. 1000. Correct it under [nlp.tokenizer]."
    )
