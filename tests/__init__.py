"""The tests, a package of its own: a library that brings a package `tests` along must not hide it."""
