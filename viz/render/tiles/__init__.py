"""Tiles of the endless plane, drawn and cached."""
