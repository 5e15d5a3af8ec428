"""Which labels deserve a second look, and which texts a first one."""
