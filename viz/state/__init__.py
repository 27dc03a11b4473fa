"""Everything a user can set, and how it becomes a request."""
