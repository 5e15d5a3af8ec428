"""Texts of errors about numbers that are infinite or none."""


class NumberErrors:
    """What was computed, trained or saved is no number."""

    E870 = (
        "[E870] Component '{name}': the gradient of {where} is infinite, no number, or too large to be squared, in "
        "{batch}. No weight, moment or average of the component has changed, and what it was about to learn is "
        "dropped. Lower the learning rate or loss_weight, look at these texts and their labels, and at the backward "
        "pass of layers of your own."
    )
    E871 = (
        "[E871] Encoder '{name}' was sent a gradient that is infinite, no number, or too large to be squared, in "
        "{batch}. It has not been added to those of other components. Lower the learning rate or loss_weight, and "
        "check the component that sent it."
    )
    E872 = (
        "[E872] The weights of component '{name}' are damaged: {where} holds values that are infinite or no numbers, "
        "so that all that is predicted would be none. Train it again, or load a copy from before (model-best, or an "
        "earlier checkpoint)."
    )
    E873 = (
        "[E873] Component '{name}' has computed {what} that are infinite or no numbers, for {batch}. Check the weights, "
        "the word vectors of the vocabulary, and layers of your own: one of them holds values that are no numbers."
    )
    E874 = (
        "[E874] {estimator}: in batch {number} since the first, {broken}. No weight has changed by it. Lower "
        "learning_rate ({rate:g})."
    )
