"""A trained pipeline at work on files: embeddings, nearest texts and predictions, in bounded memory."""
