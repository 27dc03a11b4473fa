"""Controls, actions and layout shared by several panels."""
