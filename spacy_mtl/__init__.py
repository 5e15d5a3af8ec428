"""Many text classifiers, one small CPU encoder: multi-task text classification for spaCy."""

__version__ = "0.1.0"
