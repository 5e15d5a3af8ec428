"""Texts of errors of the search for settings."""


class SweepErrors:
    """E84 and E85: the search for settings."""

    E840 = "[E840] Cannot read the search space {path}: {reason}."
    E841 = "[E841] {path}, line {line}, '{name}': {reason}."
    E842 = (
        "[E842] {path}, line {line}: the config has no '{name}'. The nearest: {nearest}. A path is section and "
        "name, as on the command line, e.g. training.dropout."
    )
    E843 = "[E843] {path}, line {line}: {value} is no value for '{name}', which is {current} in the config: {reason}."
    E844 = (
        "[E844] {path}, line {line}: '{name}' lies in a block that is a variable of the config ({value}). Name the "
        "block it refers to."
    )
    E845 = (
        "[E845] {path} holds another search, and these differ:\n{listed}\nSet them back to go on with it, or choose "
        "another --output."
    )
    E846 = (
        "[E846] The first {count} trials have failed, all for the same reason: {reason}. Details: {path}. Correct "
        "the config or the search space."
    )
    E847 = (
        "[E847] The search for settings needs the package {name}, which cannot be imported ({{reason}}). Install it "
        'with: pip install "spacy-mtl[sweep]".'
    )
    E848 = "[E848] {name} = {value!r} is not allowed. Expected: {expected}."
    E849 = "[E849] Cannot use the study {path}: {reason}. Choose another --output, or remove it to begin anew."
    E850 = "[E850] The process of this trial has ended unexpectedly ({reason}), for lack of memory perhaps"
    E851 = "[E851] {name} is {value} at step {step}: training has diverged"
    E852 = "[E852] The run has no evaluation: the training data is empty, or max_steps is 0 and max_epochs too small"
