"""What differs between operating systems: every line that asks for the system stands here."""
