"""Files: sessions, presets, preferences, downloads, autosave."""
