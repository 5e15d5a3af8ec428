"""A pipeline applied to any number of files of any size, by several processes or machines."""
