"""Pictures and self-contained pages: what a person looks at instead of logs."""
