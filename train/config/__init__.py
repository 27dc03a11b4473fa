"""The settings of a training: fields, presets and form."""
