"""Texts of errors and warnings of training with several workers."""


class ParallelErrors:
    """E82: training that is spread over processes and machines."""

    E820 = "worker {rank}: {reason}"
    E821 = (
        "[E821] Worker {rank} has died {count} times in a row ({reason}). Is there too little "
        "memory? Try fewer workers. The run goes on from its last checkpoint with --resume, at batch {step} or "
        "before."
    )
    E823 = "[E823] Workers train on CPUs, and a GPU was asked for (ID {gpu}). Leave out --workers, or --gpu-id."
    E824 = "[E824] {name} = {value}, expected {expected}."
    E825 = (
        "[E825] Worker {rank} reads other batches than worker 0: it has drawn {found} up to batch {step}, and that "
        "one {expected}. The reader of the corpus has to yield the same examples in each process; on several "
        "machines each needs the same files."
    )
    E826 = (
        "[E826] The cluster has {cpus:g} CPUs, and {workers} are asked for. Choose --workers "
        "{cpus:g}, or add machines."
    )


class ParallelWarnings:
    """W38: training that is spread over processes and machines."""

    W380 = (
        "[W380] Worker {rank} died ({reason}). Another one takes its place, with the weights from before batch "
        "{step}, and repeats its batches from there."
    )
