"""What several panels share: controls, actions, layout."""
