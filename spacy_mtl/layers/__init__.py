"""Layers that thinc lacks, one a file."""
