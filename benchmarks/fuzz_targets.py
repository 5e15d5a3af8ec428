"""All targets of the fuzzer, by name."""

import fuzz_files
import fuzz_models
import fuzz_words
from fuzz_judge import Target

TARGETS: dict[str, Target] = {
    target.name: target
    for module in (fuzz_files, fuzz_models, fuzz_words)
    for target in module.TARGETS
}
