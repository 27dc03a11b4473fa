"""What is kept in files: sessions, presets, preferences, downloads, autosave."""
