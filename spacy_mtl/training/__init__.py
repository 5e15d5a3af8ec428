"""Corpora, samplers, batchers, scorers and loggers."""
