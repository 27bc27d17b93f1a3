"""The texts of reasons: a catalogue of templates for each language."""
