"""HART OS's module paths. See `hivemark.hartos`."""
