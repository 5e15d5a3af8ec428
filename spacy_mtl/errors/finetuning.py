"""Texts of errors about freezing, learning rates of layer groups, and unfreezing."""


class FineTuningErrors:
    """Texts of errors, numbers from 400."""

    E400 = (
        "[E400] Encoder '{name}': {setting} names the layer group {found!r}, which it does not have. Its "
        "groups, from the bottom to the top: {groups}."
    )
    E401 = (
        "[E401] Callback 'spacy_mtl.gradual_unfreezing.v1': invalid value {value!r} for '{setting}': it has "
        "to be {expected}. Correct it in [training.before_update]."
    )
    E402 = (
        "[E402] Callback 'spacy_mtl.gradual_unfreezing.v1' found no encoder that it could unfreeze. "
        'Pipeline: {pipeline}. Use factory = "multitask_tok2vec" for the encoder, or take the callback out '
        "of [training.before_update]."
    )
    E403 = (
        "[E403] Callback 'spacy_mtl.fine_tune.v1': component '{name}' does not exist or cannot take these "
        "settings: {settings}. It can take: {known}. Pipeline: {pipeline}. Correct [initialize.before_init.settings]."
    )
