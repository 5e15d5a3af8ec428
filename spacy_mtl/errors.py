"""The texts of all errors and warnings, so that each is written once and can be searched for.

E0: names, E1: data files, corpora, samplers and batchers, E2: models and components,
E3: command line. Every text names the part, what was found and what to do.
"""


class Errors:
    E001 = (
        "[E001] Invalid task name: {name!r}. A task name starts with a letter and holds only "
        "letters, digits, '_' and '-' ('/' separates task and label in doc.cats). Rename the "
        "task, its file or the 'task' setting of its component."
    )

    E002 = (
        "[E002] A task cannot have the name '{name}': spaCy gives the scores of the tokenizer names such "
        "as token_acc. Rename the task or its file."
    )
    E101 = (
        "[E101] Data file not found: {path} (task '{task}'). Correct the path in the corpus block of "
        "the config, or create the file."
    )
    E102 = (
        "[E102] {path} (task '{task}') is a folder, but one data file is expected. Name a file that "
        "ends in {extensions}, or set 'split' to read the folder's file of that split."
    )
    E103 = (
        "[E103] Cannot read {path} (task '{task}'): {reason}. Check the file and its permissions."
    )
    E104 = (
        "[E104] {path} (task '{task}') is not a text file: {found}. Expected UTF-8 text, or the "
        "extension .gz for a compressed file. Export the data again as UTF-8 .jsonl, .csv or .tsv."
    )
    E105 = (
        "[E105] {path} (task '{task}') is damaged or no {kind} file: {reason}. Nothing after line "
        "{line} can be read. Create the file again."
    )
    E106 = (
        "[E106] Unknown file type: {path} (task '{task}'). Accepted extensions: {extensions}. Rename "
        "or convert the file."
    )
    E107 = (
        "[E107] No usable row in {path} (task '{task}'): {rows} rows were read, {bad} of them bad and "
        '{ignored} marked "ignore". Add labelled rows, or remove the task.{listed}'
    )
    E108 = (
        "[E108] Bad rows in {path} (task '{task}'): {count} of {total}.\n{listed}\nCorrect these rows, "
        'or leave them out with on_error = "skip".'
    )
    E109 = (
        "[E109] {path}:1 (task '{task}'): the header of a .csv or .tsv file has to name the columns "
        "'text' and 'label' (separated by {separator}), but it is: {header}. Add or rename columns; "
        'for several labels per text use .jsonl with "labels": [...].'
    )
    E110 = (
        "[E110] Reader 'spacy_mtl.MultitaskCorpus.v1': no path to the data. Set it in the config "
        "(e.g. [paths] train) or on the command line (e.g. --paths.train assets/mydata)."
    )
    E111 = "[E111] Data folder not found: {path}. Correct the path, or create the folder.{layouts}"
    E112 = (
        "[E112] {path} is a file, but a data folder with one file per task is expected. To read one "
        'file, map its task to it: path = {{"mytask": "{path}"}}.'
    )
    E113 = "[E113] No task data found in {path}{hint}.{layouts}"
    E114 = (
        "[E114] Two files for task '{task}' and split '{split}': {first} and {second}. Keep one of "
        "them: move or delete the other, or join both."
    )
    E115 = "[E115] Unknown split {split!r}. Choose one of: {known}."
    E116 = (
        "[E116] No data for split '{split}' in {path}. Splits found: {found}. Set 'split' to one of "
        "these, or add files for the split.{layouts}"
    )
    E117 = (
        "[E117] No data for the tasks {missing} in {path} (split: {split}). Tasks found: {found}. "
        "Add a file for each task, or remove it from 'tasks'."
    )
    E118 = (
        "[E118] Reader 'spacy_mtl.MultitaskCorpus.v1': invalid value {value!r} for '{name}': it has "
        "to be {expected}. Correct it in the corpus block of the config."
    )
    E119 = (
        "[E119] {path} (task '{task}'): no row names any label, so it is unknown which labels do not "
        'apply. Add rows with labels, or write "cats": {{"label": 0}} to name them.'
    )
    E120 = (
        "[E120] Invalid task name {task!r}, taken from {path}. A task name starts with a letter and "
        "holds only letters, digits, '_' and '-'. Rename the file or folder."
    )
    E121 = (
        "[E121] {path}:{line} (task '{task}'): the text has {length} characters, more than "
        'nlp.max_length = {limit}. Shorten it, raise nlp.max_length, or set on_error = "skip".'
    )
    E130 = (
        "[E130] Convert: nothing was written, because these files exist: {paths}. Choose another "
        "output folder, or allow overwriting with --force (overwrite=True)."
    )
    E131 = (
        "[E131] Convert: invalid split {ratios!r}. Give two or three shares for train, dev and test "
        "that sum to 1, the first above 0, e.g. 0.8,0.1,0.1."
    )
    E132 = (
        "[E132] Convert: the file of task '{task}' has no split in its name: {path}. Split it with "
        "e.g. --split 0.8,0.1,0.1, rename it to {task}.train{extension}, or leave it out by naming "
        "the other tasks with --tasks."
    )
    E133 = (
        "[E133] Convert: {path} (task '{task}') has {texts} distinct texts, too few for a {split} "
        "part of {share:.0%}. Add rows, or choose another --split."
    )
    E134 = (
        "[E134] Convert: the output {output} is the input folder or lies in it, so that each task "
        "would have two files. Choose a folder outside, e.g. corpus/{name}."
    )
    E135 = (
        "[E135] Cannot write {path}: {reason}. No file was changed. Free disk space, check the "
        "permissions, or choose another folder."
    )
    E136 = (
        "[E136] Convert: task '{task}' has an unsplit file ({path}) beside files for: {splits}. "
        "Remove the one or the others."
    )
    E137 = (
        "[E137] Cannot write {path}: {reason}. Files replaced before: {moved}. Check the permissions "
        "and run the command again."
    )
    E140 = (
        "[E140] Config {path}: [{name}] is read by {found!r}, but only the reader '{reader}' can be "
        "checked. Name the folder with the data instead of the config."
    )
    E141 = (
        "[E141] Config {path}: [{name}] has no path. Set it in the config, or with an option such as "
        "--paths.train assets/mydata."
    )
    E142 = (
        "[E142] Component '{name}': there is no data for its task '{task}'. Add files for the task, "
        "correct 'task', or remove the component from the pipeline."
    )
    E143 = (
        "[E143] Component '{name}': train has labels of task '{task}' that [initialize.components."
        "{name}] does not list: {labels}. Add them to 'labels', or correct the data."
    )

    E144 = (
        "[E144] Settings such as {name} replace values of a config, but {path} is a folder. Name a "
        ".cfg file, or leave them out."
    )

    E150 = (
        "[E150] Task sampler: unknown strategy {strategy!r}. Choose one of: {known}, as 'strategy' "
        "of the sampler block in the config."
    )
    E151 = (
        "[E151] Task sampler: invalid value {value!r} for '{name}': it has to be {expected}. Correct "
        "it in the sampler block of the config."
    )
    E152 = (
        "[E152] Task sampler: strategy '{strategy}' and weights = {weights}. Fixed weights belong to "
        'strategy = "weights", which needs them: set both or leave weights = null.'
    )
    E153 = (
        "[E153] Task sampler: the weights do not fit the tasks in the training data. Tasks without a "
        "weight: {missing}. Weights without a task: {extra}. Give each task of the data one weight."
    )
    E154 = (
        "[E154] Task sampler: no task can be drawn from the sizes {sizes}. At least one task needs "
        'rows and, with strategy = "weights", a weight above 0; no size may be negative.'
    )
    E155 = (
        "[E155] Batcher 'spacy_mtl.batch_by_task.v1': {count} of {total} examples have no annotation "
        "for any task, the first one with the text {text!r} and the categories {cats}. Keys have to "
        "be written as task/label: use the reader 'spacy_mtl.MultitaskCorpus.v1' or remove these rows."
    )
    E156 = (
        "[E156] Batcher 'spacy_mtl.batch_by_task.v1': invalid value {value!r} for '{name}': it has to "
        "be {expected}. Correct it under [training.batcher] in the config."
    )
    E160 = (
        "[E160] Scorer of task '{task}': the evaluation data has the label '{label}', which the "
        "component does not know. Known labels: {labels}. Correct the label in the data, or train "
        "with at least one row that has it."
    )
    E161 = (
        "[E161] Scorer of task '{task}': the predicted scores hold NaN or infinite values (first seen "
        "for label '{label}', text {text!r}). The model has diverged: lower the learning rate or "
        "the loss weight, and check the pretrained weights or vectors."
    )
    E162 = (
        '[E162] Unknown score_metric {metric!r}. Choose one of: {known}; or "f:<label>" for the '
        'F-score of one label, or "macro_f:<label>+<label>" for the mean over some labels.'
    )
    E163 = (
        "[E163] The score_metric {metric!r} names labels that the task does not have: {unknown}. "
        "Known labels: {labels}."
    )
    E170 = (
        "[E170] Training diverged at step {step}: {what} of {part} is {value}. Lower the learning "
        "rate or the loss weight, clip gradients more strictly (grad_clip of the optimizer), and "
        "check the pretrained weights or vectors."
    )
    E171 = (
        "[E171] Logger 'spacy_mtl.MultitaskLogger.v1': cannot write {path} ({reason}). Free disk space "
        "or choose another file with 'output_file' under [training.logger]."
    )

    E201 = (
        "[E201] Invalid value {value!r} for '{name}' of the model: it has to be at least {lowest}. "
        "Correct it in the component's [model] block."
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
        "([components.{name}] source = ...), or take it out of 'frozen_components'."
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
        "[E229] Component '{name}', task '{task}': the loss is {loss}. The model has diverged: lower "
        "the learning rate or loss_weight, and check the weights or vectors that it started from."
    )
    E230 = "[E230] Component '{name}': a label has to be a non-empty string, but found {label!r}."
    E231 = (
        "[E231] Component '{name}' cannot be saved to {path}: {reason}. What was saved there before is "
        "unchanged. Free disk space or choose another output folder."
    )
    E233 = (
        "[E233] Component '{name}', task '{task}': {path}, row {line} of the evaluation data has the "
        "label '{label}', which is not among the component's labels: {labels}. Correct the row, or add "
        "the label to the training data and under [initialize.components.{name}] labels."
    )
    E232 = (
        "[E232] Component '{name}': labels were not set. Call initialize, add_label or load a trained "
        "component first."
    )
    E301 = (
        "[E301] No data for the tasks {tasks} in {path}. Tasks found there: {found}. Correct the names "
        "or add files, e.g. {path}/train/TASK.jsonl."
    )
    E302 = (
        "[E302] No {split} data in {path} for the tasks: {tasks}. Every task needs a train and a dev "
        "file. Add them, or split a file with: python -m spacy mtl convert --help"
    )
    E303 = (
        "[E303] Nothing to learn for the task '{task}': all {rows} training rows have the same "
        "annotation. Labels found: {labels}. Add rows with another label, or remove the task's files."
    )
    E304 = (
        "[E304] The dev data of the task '{task}' has labels that its training data has not: {found} "
        "(first in {path}:{line}). Labels in the training data: {labels}. Correct the rows, or add "
        "training rows with the label."
    )
    E305 = (
        "[E305] A task cannot have the name '{name}': a part of every pipeline has it, so that one "
        "would overwrite the other when the pipeline is saved. Rename the task's files."
    )
    E306 = (
        "[E306] The file {path} already exists. Choose another name, pass --force to overwrite it, or "
        "--keep to leave it as it is."
    )
    E307 = (
        "[E307] Unknown language '{lang}': {reason}. Use a two-letter code that spaCy knows, "
        "e.g. --lang en, or --lang xx for many languages."
    )
    E308 = (
        "[E308] Cannot find the word vectors '{name}': neither an installed package nor a folder. "
        "Install the package (python -m spacy download {name}) or give the path of a saved pipeline."
    )
    E310 = "[E310] Cannot find the config file {path}. Create one with: python -m spacy mtl init-config"
    E311 = (
        "[E311] The config has no component of the factory '{factory}' for the tasks: {tasks}. "
        "Tasks in the config: {found}."
    )
    E312 = (
        "[E312] Task '{task}': no training documents are annotated for it in the corpus '{corpus}' of "
        "the config. Tasks found: {found}. Check [paths] and the names of the files."
    )
    E313 = (
        "[E313] Invalid value {value!r} for the setting '{name}' in [training]: single-task baselines "
        "share the budget of the multi-task training, so it has to be a positive number of steps."
    )
    E320 = (
        "[E320] The pipeline {path} has no component of the factory '{factory}', so that there is no "
        "task to compare. Its components: {found}."
    )
    E321 = (
        "[E321] No pipeline of a single task in {path}. Expected {path}/TASK/model-best for the tasks "
        "{tasks}. Train them with: python -m spacy mtl baselines CONFIG {path}"
    )
    E322 = (
        "[E322] No {split} data in {path} for any task of the pipeline: {tasks}. Tasks with {split} "
        "data there: {found}."
    )


class RowErrors:
    """Reasons why one row of a data file cannot be read. They follow file and line number."""

    ENCODING = (
        "not UTF-8: byte 0x{byte:02x} at position {position} of the line; save the file as UTF-8"
    )
    SURROGATE = "{field} holds characters that are not valid Unicode or UTF-8: {value!a}"
    JSON = "not valid JSON: {reason}; each line has to hold one object in full"
    OBJECT = 'a JSON object like {{"text": "...", "label": "..."}} expected, found {found}'
    CSV = "not a valid row: {reason}; a cell that holds quotes, separators or newlines has to be quoted"
    CELLS = "{expected} cells expected, {found} found; quote texts that hold the separator"
    NO_TEXT = "no 'text'; found: {found}"
    TEXT = "'text' has to be a string, found {found}"
    NO_LABEL = "no label: 'label', 'labels', 'cats' or 'accept' expected, found: {found}"
    FORMS = "labels in more than one form: {found}; keep one"
    LABEL = "{field} has to be a non-empty string or a whole number, found {found}"
    LABEL_LIST = "'{field}' has to be a list of labels, found {found}"
    LABEL_AS_LIST = "'label' holds a list; use 'labels' for several labels per text"
    CATS = "'cats' has to be an object like {{\"label\": 1}}, found {found}"
    NO_CATS = (
        "'cats' names no label, so everything about the text is unknown; write "
        '{{"label": 0}} for a label that does not apply'
    )
    VALUE = "the value of label {label!r} has to be 0, 1 or between, found {found}"
    TWICE = "label {label!r} stands twice in 'cats', with and without the task's name"
    ANSWER = '\'answer\' has to be "accept", "reject" or "ignore", found {found}'
    OPTION = "accepted {label!r} is none of the options: {options}"
    ONE_CHOICE = "a single choice needs one accepted option, found {found}"


class Warnings:
    """Texts of warnings."""

    W101 = (
        "[W101] {count} of {total} rows left out of {path} (task '{task}'), because they are bad:\n"
        "{listed}"
    )
    W102 = "[W102] {count} texts of {path} (task '{task}') left out: {reason}."

    W201 = (
        "[W201] Component '{name}' predicts from documents that its encoder has not seen, so every "
        "document of the batch gets the same scores. Enable the encoder too: "
        'nlp.select_pipes(enable=["{upstream}", "{name}"]).'
    )
    W202 = (
        "[W202] [training.score_weights] has no entry for '{key}' of component '{name}', so that "
        "model-best will be chosen without it. Add {key} = 1.0 divided by the number of tasks."
    )
    W205 = (
        "[W205] max_epochs = -1 reads the training data as a stream, but the reader of [corpora.train] has "
        "stream = false: texts come in the order of the files, one task after the other. Set stream = true."
    )
    W204 = (
        "[W204] The learning rate is 0 from step {total_steps} on, but [training] max_steps = {max_steps}. "
        "Set total_steps of [training.optimizer.learn_rate] to max_steps."
    )
    W203 = (
        "[W203] Component '{name}': class_weights = \"balanced\" were computed from {count} documents, "
        "because the corpus is streamed. State them in the config as label = weight instead."
    )
