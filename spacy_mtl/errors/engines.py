"""Texts of errors of the engines that spread work over processes and machines."""


class EngineErrors:
    """E77: starting an engine."""

    E770 = (
        "[E770] The engine ray needs the package ray, which cannot be imported ({reason}). Install it with: "
        'pip install "spacy-mtl[ray]". Or choose --engine local.'
    )
    E771 = (
        "[E771] Cannot reach a Ray cluster at {address!r}: {reason}. Start one with `ray start --head`, correct "
        "--address, or leave it out to have one started on this machine. If the cluster asks for a token, set the "
        "environment variable RAY_AUTH_MODE=token."
    )
    E772 = "[E772] Cannot start Ray on this machine: {reason}."
    E773 = (
        "[E773] The address {address!r} is one for Ray's client, outside of the cluster, where no data can be read "
        "for it. Give the command on a machine of the cluster, with --address auto or HOST:PORT."
    )
