"""Importing this makes HART OS's module names mean the modules of `hivemark.hartos`. It must come before they are
imported for the first time."""

from ._hook import install

install()
