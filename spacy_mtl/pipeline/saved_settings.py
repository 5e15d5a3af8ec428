"""Which of a setting's values counts when a component is loaded."""

from typing import Any

CONFIGURED = "configured"


def restore_settings(cfg: dict[str, Any], saved: dict[str, Any]) -> None:
    """Take over the settings that a component was saved with.

    A setting may have been changed in the component before it was saved, or in the config since then. The
    config's change is the later one.

    cfg (Dict[str, Any]): The settings of the component that is loaded, and under "configured" those of its
        config. Changed in place.
    saved (Dict[str, Any]): The same of the component that was saved.
    """
    configured = cfg[CONFIGURED]
    before = saved.get(CONFIGURED, {})
    for key, value in saved.items():
        if key not in configured or configured[key] == before.get(key):
            cfg[key] = value
    cfg[CONFIGURED] = configured
