"""The state, all that a user can set, and the requests made of it."""
