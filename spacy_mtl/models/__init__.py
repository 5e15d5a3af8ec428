"""Registered architectures: encoder and heads."""
