"""Texts of errors in names, data files, corpora, samplers, batchers, scorers and loggers."""


class DataErrors:
    """E0: names, E1: data and training."""

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
    E172 = (
        "[E172] Reader 'spacy_mtl.MultitaskCorpus.v1': the raw text {path} of task '{task}' holds no text "
        "in {total} rows. Add texts, or set raw = null."
    )
    E173 = (
        "[E173] Reader 'spacy_mtl.MultitaskCorpus.v1': raw_task = '{task}' is a task with labels too: "
        "{path}. Choose another name for raw_task and for the 'task' of the component that learns "
        "from raw text."
    )
    E180 = (
        "[E180] Raw text: the file {path} already exists. Choose another name, or allow overwriting "
        "with --force (overwrite=True)."
    )
    E181 = (
        "[E181] Raw text: the output {path} is one of the files to be read. Choose a name that does "
        "not begin with 'raw', or another folder."
    )
    E182 = (
        "[E182] Raw text: nothing to write from {paths}: {found}. Add unlabelled text as raw.jsonl "
        '({{"text": "..."}}) or raw.txt (one text a line), also compressed (.gz), or training files.'
    )
    E183 = (
        "[E183] Bad rows in the raw text {path}: {count} of {total}.\n{listed}\nCorrect these rows, "
        'or leave them out with on_error = "skip" (--on-error skip).'
    )
    E184 = (
        "[E184] Raw text not found: {path}. Correct the path, or collect it with: python -m spacy "
        "mtl raw-text DATA_DIR OUT.jsonl"
    )
    E185 = (
        "[E185] Not a file with raw text: {path}. Expected .jsonl or .txt, also compressed (.gz). "
        "Collect it with: python -m spacy mtl raw-text DATA_DIR OUT.jsonl"
    )
    E186 = "[E186] Vectors: there is no text in {path}. Add texts, or name another file."
    E187 = (
        "[E187] Vectors: none of the {words} words in {path} occurs {min_count} times or more, so "
        "that no vector can be trained. Add texts, or lower --min-count."
    )
    E188 = (
        "[E188] Vectors: invalid value {value!r} for '{name}': it has to be {expected}. Correct the "
        "option --{option}."
    )
    E189 = (
        "[E189] Vectors: the folder {path} already exists. Choose another one, or allow overwriting "
        "with --force (overwrite=True)."
    )
    E190 = (
        "[E190] Vectors: {path} is not replaced, because it is neither an empty folder nor a saved "
        "pipeline. Choose another folder, or remove it."
    )
    E191 = (
        "[E191] Vectors are trained by the package floret, which is not installed ({reason}). Install "
        'it with: pip install "spacy-mtl[vectors]"'
    )
    E192 = (
        "[E192] Vectors cannot be written to {path}: the package floret reads no names that are not UTF-8. Choose another "
        "folder."
    )

    E420 = (
        "[E420] The schedule of [training.optimizer.learn_rate] has total_steps = null, and [training] does "
        "not say when the training ends: max_steps = {max_steps}, max_epochs = {max_epochs}. Set max_steps, "
        "or total_steps of the schedule."
    )
    E421 = (
        "[E421] The schedule '{name}' has total_steps = null, and nothing has told it how many steps the "
        "training takes. That needs a component of this package that is trained, and either was initialized "
        "or gets its data from 'spacy_mtl.MultitaskCorpus.v1'. Set total_steps of "
        "[training.optimizer.learn_rate]."
    )
    E422 = (
        "[E422] Schedule '{name}': invalid value {value!r} for '{setting}': it has to be {expected}. "
        "Correct it in [training.optimizer.learn_rate]."
    )


class RowErrors:
    """Reasons why one row of a data file cannot be read. They follow file and line number."""

    ENCODING = (
        "not UTF-8: byte 0x{byte:02x} at position {position} of the line; save the file as UTF-8"
    )
    SURROGATE = "{field} holds characters that are not valid Unicode or UTF-8: {value!a}"
    JSON = "not valid JSON: {reason}; each line has to hold one object in full"
    DEPTH = "more than {limit} lists or objects stand in one another"
    OBJECT = 'a JSON object like {{"text": "...", "label": "..."}} expected, found {found}'
    CSV = "not a valid row: {reason}; a cell that holds quotes, separators or newlines has to be quoted"
    CELLS = "{expected} cells expected, {found} found; quote texts that hold the separator"
    NO_TEXT = "no '{field}'; found: {found}"
    TEXT = "'{field}' has to be a string, found {found}"
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
    TOO_LONG = "the text has {length} characters, more than nlp.max_length = {limit}; shorten it, or raise the limit"
    TAKEN = "there is a field '{field}', which is the name of what is written; rename it"
    ONE_CHOICE = "a single choice needs one accepted option, found {found}"
    PAIR_TEXTS = "a pair of texts needs 'text1' and 'text2', and no 'text'; found: {found}"
    PAIR_VALUE = "a pair of texts needs either 'score' or 'label'; found: {found}"
    SCORE = "the score of a pair has to be a number, found {found}"
    PAIR_LABEL = (
        'the label of a pair has to be 1 or "alike", or 0 or "different", found {found}; write a grade '
        "between as 'score'"
    )
    SEVERAL_PAIRS = (
        "the text is a side of {count} pairs of task '{task}'; add it once for each pair"
    )
    TWO_SCORES = "the two texts of pair '{key}' have different scores, {first:g} and {second:g}"
    ALONE = "the other text of pair '{key}' is missing: both texts need this key, and no third one"
