"""Pictures and self-contained pages: what a person looks at instead of logs."""

from .embedding_map import EmbeddingMap, plot_embeddings
from .pipeline_map import plot_pipeline

__all__ = ["EmbeddingMap", "plot_embeddings", "plot_pipeline"]
