"""What the bytes of a recording say of its length and wholeness, whatever its header claims."""
